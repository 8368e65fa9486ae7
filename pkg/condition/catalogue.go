package condition

import (
	"maps"
	"slices"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/trackingplan"
)

// Catalogue is what is known about types of events and about traits. Types outside it are
// welcome and may have any property. A nil catalogue is Builtin. It is immutable.
type Catalogue struct {
	types  map[string]Properties
	traits Properties
}

// Properties are the properties of a type of event, or of an object, by name.
type Properties map[string]Property

// Property is what is known about a property.
type Property struct {
	Kind Kind
	// Values are all that a text may be; nil: anything.
	Values []string
	// Of are the properties of an object, or of each object of a list; nil: any.
	Of Properties
	// Each is what a list holds, where that is known and Of does not say it.
	Each Kind
}

// Kind is a sort of value, in the words of those who declare one.
type Kind string

// The kinds of properties.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Truth  Kind = "truth"
	Time   Kind = "time" // RFC 3339, or a date
	List   Kind = "list"
	Object Kind = "object"
	Any    Kind = "any"
)

// Builtin is the catalogue of what shops and Rapport itself send: that of package
// trackingplan without a declaration.
func Builtin() *Catalogue { return &Catalogue{} }

// Of is the catalogue of a tracking plan; of none, it is Builtin.
func Of(p *trackingplan.Plan) *Catalogue {
	types := map[string]Properties{}
	for _, name := range p.Declared() {
		if t, _ := p.Type(name); !t.Open {
			types[name] = propertiesOf(t.Properties)
		}
	}
	return (&Catalogue{types: types}).clone()
}

// builtin are the properties of a type that is known without a declaration. Of one that may
// have any, nothing is known here.
func builtin(typ string) (Properties, bool) {
	t, ok := trackingplan.KnownType(typ)
	if !ok || t.Open {
		return nil, false
	}
	return propertiesOf(t.Properties), true
}

func propertiesOf(all []trackingplan.Property) Properties {
	out := make(Properties, len(all))
	for i := range all {
		out[all[i].Name] = propertyOf(&all[i])
	}
	return out
}

// propertyOf is a declared property as expressions know it.
func propertyOf(p *trackingplan.Property) Property {
	out := Property{Values: p.Enum}
	switch p.Kind {
	case trackingplan.Text:
		out.Kind = Text
	case trackingplan.Number, trackingplan.Integer, trackingplan.Money:
		out.Kind = Number
	case trackingplan.Boolean:
		out.Kind = Truth
	case trackingplan.Date, trackingplan.Time:
		out.Kind = Time
	case trackingplan.Object:
		out.Kind = Object
		if p.Properties != nil {
			out.Of = propertiesOf(p.Properties)
		}
	case trackingplan.Array:
		out.Kind = List
		if p.Of != nil {
			of := propertyOf(p.Of)
			out.Of, out.Each = of.Of, of.Kind
		}
	default:
		out.Kind = Any
	}
	return out
}

// With is the catalogue with further types of events, and with further properties of those
// that it has.
func (c *Catalogue) With(types map[string]Properties) *Catalogue {
	d := c.clone()
	for typ, more := range types {
		all, _ := c.Properties(typ)
		if all == nil {
			all = Properties{}
		}
		all = maps.Clone(all)
		maps.Copy(all, more)
		d.types[typ] = all
	}
	return d
}

// WithTraits is the catalogue with declared traits. Traits that are not declared may be
// anything.
func (c *Catalogue) WithTraits(traits Properties) *Catalogue {
	d := c.clone()
	maps.Copy(d.traits, traits)
	return d
}

func (c *Catalogue) clone() *Catalogue {
	d := &Catalogue{types: map[string]Properties{}, traits: Properties{}}
	if c != nil {
		maps.Copy(d.types, c.types)
		maps.Copy(d.traits, c.traits)
	}
	return d
}

// Types are all types of events in the catalogue, sorted.
func (c *Catalogue) Types() []string {
	all := trackingplan.KnownTypes()
	if c != nil {
		all = slices.AppendSeq(all, maps.Keys(c.types))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Properties are those of a type of event without those of every event (type, id, time);
// ok is false for types outside the catalogue.
func (c *Catalogue) Properties(typ string) (p Properties, ok bool) {
	if c != nil {
		if p, ok = c.types[typ]; ok {
			return p, true
		}
	}
	return builtin(typ)
}

// Check reports whether a type is likely what was meant: one of the catalogue, or one that
// differs from all of them by more than a slip. Else, hint says what to write.
func (c *Catalogue) Check(typ string) (hint string, ok bool) {
	if near := spelling.Slip(typ, c.Types()); near != "" && near != typ {
		return "did you mean " + near + "?", false
	}
	return "", true
}

// Traits are the declared traits.
func (c *Catalogue) Traits() Properties {
	if c == nil {
		return nil
	}
	return maps.Clone(c.traits)
}

func (c *Catalogue) traitNames() []string {
	if c == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.traits))
}

func (c *Catalogue) trait(name string) shape {
	if c != nil {
		if p, ok := c.traits[name]; ok {
			return p.shape()
		}
	}
	return shape{kind: kindAny}
}

// shape is that of an event: open for types outside the catalogue.
func (c *Catalogue) shape(typ string) shape {
	p, ok := c.Properties(typ)
	if !ok {
		return shape{kind: kindObject}
	}
	fields := map[string]shape{"type": {kind: kindText}, "id": {kind: kindText}, "time": {kind: kindTime}}
	return object(with(p.shapes(), fields)) // what every event has comes first
}

func (p Properties) shapes() map[string]shape {
	fields := make(map[string]shape, len(p))
	for name, of := range p {
		fields[name] = of.shape()
	}
	return fields
}

func (p Property) shape() shape {
	s := shape{values: p.Values}
	of := shape{kind: kindAny}
	switch {
	case p.Of != nil:
		of = object(p.Of.shapes())
	case p.Each != "" && p.Each != Object && p.Each != List:
		of = Property{Kind: p.Each}.shape()
	}
	switch p.Kind {
	case Text:
		s.kind = kindText
	case Number:
		s.kind = kindNumber
	case Truth:
		s.kind = kindBool
	case Time:
		s.kind = kindTime
	case List:
		return list(of)
	case Object:
		return shape{kind: kindObject, fields: of.fields}
	}
	return s
}

// envelopeShape knows the properties that an event of an unknown type has, too.
func envelopeShape(name string) shape {
	switch name {
	case "type":
		return shape{kind: kindText}
	case "time":
		return shape{kind: kindTime}
	}
	return shape{kind: kindAny}
}
