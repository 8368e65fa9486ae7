// Package condition is the expression language of journeys: event.total >= 20.0 and
// profile.orders.count <= 3.
//
// The grammar is that of expr-lang (https://expr-lang.org/docs/language-definition), read
// by its parser. Checking and evaluation are ours, for reasons its own checker and virtual
// machine do not allow for: a comparison with a missing value has to be false instead of an
// error ("<nil> >= int"), a property's type has to come from the event catalogue while its
// value comes from whatever JSON the shop sent, mistakes have to be explained to
// marketers with a place and a suggestion, and the cost of every evaluation has to be
// bounded exactly. What is left is a tree of closures, which is also several times faster.
//
// What an expression may read is fixed when it is compiled (Env), so that a misspelt
// property is an error in the file and not a silent false in the night:
//
//	event      properties of the event at hand, with type, id and time
//	trigger    properties of the event with which somebody entered the journey
//	profile    traits by name (or profile.traits.NAME), id, known, since, orders.count,
//	           .refunds, .total, .refunded, .first_at, .last_at, .last_id, .bought, and
//	           consent.CHANNEL.PURPOSE
//	sent       sent.STEP, with id and at; missing until that step has sent
//	now        the time of the question
//
// Missing values. A property that is not there is missing (nil). Every comparison with a
// missing value is false, == and != included; x == nil and x != nil ask whether it is
// there, and x ?? 0 puts something in its place. Arithmetic and text functions on a missing
// value give a missing value; a missing list is empty; a missing truth is false.
//
// Promises. The package is pure: no clock (expr's now() and date() do not exist here), no
// randomness, no shared state. Compiled conditions are immutable and safe for concurrent
// use. An evaluation takes at most maxSteps steps, whatever the event holds.
package condition
