package shophook

// Definition is what a file says about a source, without its secrets. It is made by who reads
// the file, and not changed once a source was opened with it.
type Definition struct {
	// Name is how addresses and events name it: POST /v1/webhooks/NAME.
	Name string
	// Secrets name variables of the environment, without SecretPrefix; any of them may have
	// signed.
	Secrets []string
	Verify  Verify
	// Topic says what a delivery is about, Delivery what the shop calls it; nil: as the scheme
	// has it.
	Topic, Delivery *Expr
	// Ignored are topics that nothing is made of; the last character may be *, for any end.
	Ignored []string
	// Let are parts that others name; each reads only those before it in the file.
	Let      map[string]*Expr
	Mappings []*Mapping
}

// Mapping is how deliveries of some topics become events of one type.
type Mapping struct {
	At     string // its place, "sources/shopify.yaml:41"
	Topics []string
	When   *Expr // nil: always
	// Each is a list of which every element becomes an event, under the name As; nil: one event.
	Each *Expr
	As   string
	Type string
	// ID tells the event from others of its type; nil: what tells the delivery from others.
	ID     *Expr
	Time   []*Expr // the first that is there; none: when the delivery was received
	Person Person
	Data   []Field
}

// Person is who an event is about, and what it says of them.
type Person struct {
	Subject []*Expr // the first that is there
	Also    []*Expr // other ids of theirs, as far as they are there
	Traits  []Field
	Consent []Consent
}

// Consent is how a delivery says that somebody agrees, or does not, to one purpose.
type Consent struct {
	Channel, Purpose string
	When             *Expr // nil: always
	Granted          *Expr // what is not there is no word
	Confirmed        *Expr // nil: no
	At               *Expr // nil: the event's time
	Source           *Expr // nil: the source's name
	Proof            *Expr // nil: none
}

// Field is a named value.
type Field struct {
	Name  string
	Value *Value
}

// Value is how one value of an event's data is made: one of an expression, a literal, fields, a
// list of values, and fields for each element of a list.
type Value struct {
	Expr    *Expr
	Literal any // bool, json.Number or string
	Fields  []Field
	List    []*Value
	Each    *Expr // with Fields, When and As
	When    *Expr
	As      string
}
