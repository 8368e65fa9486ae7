// Package trackingplan says which properties the types of events have: of those that shops and
// Rapport itself send (Known), and of those that a team declares beside them in events.yaml
// (Plan.With). It is the one place that says so. Doors judge events by it (Check), package
// condition takes from it what expressions may ask for, and package generate writes it as Go
// structs and JSON Schemas. Package workspace reads events.yaml.
//
// # What is right
//
// Shops' systems were there first, so Check is strict about what a mistake would break, and
// lenient about how shops write:
//
//	string    a text; a number too, because many shops' ids are numbers
//	number    a number, or decimal digits as a text: "12.50", "1e3"
//	money     the same
//	integer   the same without a fraction: 3, 3.0, "3"
//	boolean   true or false
//	date      2026-03-02
//	time      RFC 3339, or a date
//	object    an object, with its properties; array, with its elements
//	any       anything
//
// Null and the empty text are as good as nothing: not there, which only matters for what is
// required. Properties that nobody declared are kept, and so are types. Names are compared as
// they are written. Of a name that comes twice, each has to be right.
//
// # What becomes of what is wrong
//
// By default it is refused: an order whose total is "lots" cannot be counted, and who sent it
// can still mend it. A team that connects an old shop may keep violations (Modes), which are
// then counted and applied as well as they can be. Types outside the plan are kept by default,
// because a journey may ask for whatever was sent; a team that wants none of them refuses
// unknown types. Of what Rapport knows, only the id of an order is required.
//
// # Promises
//
// The package is pure, a Plan is immutable, and nothing in it grows with what is sent. Check
// passes over the data once and decodes nothing; only where that finds something wrong, or
// cannot tell, is encoding/json asked, which decides. Tests hold the two together, and the
// known types to Segment's specification. A declaration may add to a known type and narrow
// it, but what a property holds stays: conditions, orders and recommendations count on it.
package trackingplan
