package trackingplan

// Type declares one type of event.
type Type struct {
	Name        string // "subscription.paused"; see event.Event
	Title       string // "Subscription Paused": the name under which SDKs send it
	Description string
	Version     int    // of the declaration, from 1; 0 is 1
	Deprecated  string // why, and what to send instead; empty: it is not
	Properties  []Property
	// Open is set for types that come with any property, such as page.viewed: expressions may
	// ask for those that are not among Properties.
	Open bool
	// Commerce is set for types of what shops send, as opposed to what Rapport itself makes.
	Commerce bool
}

// Property declares one property of a type, or of an object within it.
type Property struct {
	Name        string     `json:"name,omitempty"`
	Description string     `json:"description,omitempty"`
	Kind        Kind       `json:"type"`
	Required    bool       `json:"required,omitempty"`
	Enum        []string   `json:"enum,omitempty"`       // all that a text may be; nil: anything
	Format      Format     `json:"format,omitempty"`     // of a text
	Example     string     `json:"example,omitempty"`    // as JSON
	Deprecated  string     `json:"deprecated,omitempty"` // why, and what to send instead; empty: it is not
	Properties  []Property `json:"properties,omitempty"` // of an object; nil: any
	Of          *Property  `json:"of,omitempty"`         // of an array's elements, which have no name; nil: any
}

// Kind is what a property holds, in the words of events.yaml.
type Kind string

// The kinds. What each of them takes is written in package doc.
const (
	Text    Kind = "string"
	Number  Kind = "number"
	Integer Kind = "integer"
	Boolean Kind = "boolean"
	Money   Kind = "money" // a number, or a decimal as a text
	Date    Kind = "date"  // "2026-03-02"
	Time    Kind = "time"  // RFC 3339, or a date
	Object  Kind = "object"
	Array   Kind = "array"
	Any     Kind = "any"
)

// kinds are all of them, in the order in which they are named to people.
func kinds() []Kind {
	return []Kind{Text, Number, Integer, Boolean, Money, Date, Time, Object, Array, Any}
}

// Format narrows a text.
type Format string

// The formats.
const (
	Email    Format = "email"
	URL      Format = "url"
	Currency Format = "currency" // ISO 4217
)

func formats() []Format { return []Format{Email, URL, Currency} }
