package trackingplan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/event"
)

// Plan is a set of types of events: those that Rapport knows, and those that a team declared.
// It is immutable and safe for concurrent use. Known makes one; nil expects nothing, so that
// every event is right.
type Plan struct {
	modes    Modes
	types    map[string]*compiled
	titles   map[string]string // types by their titles in small letters
	declared []string          // the names of those that were declared or extended, sorted
}

// compiled is a type as Check reads it.
type compiled struct {
	Type
	shape *shape
}

// Modes are what becomes of events that a plan does not expect.
type Modes struct {
	// RefuseUnknown refuses types that are not in the plan. By default they are kept.
	RefuseUnknown bool
	// KeepViolations keeps events that are not as declared; who asks Check counts them. By
	// default they are refused.
	KeepViolations bool
}

// Known is the plan of the types that Rapport knows without a declaration. It is made anew
// each time.
func Known() *Plan {
	p := &Plan{types: map[string]*compiled{}, titles: map[string]string{}}
	for _, name := range KnownTypes() {
		t, _ := KnownType(name)
		p.add(t)
	}
	return p
}

func (p *Plan) add(t Type) {
	p.types[t.Name] = &compiled{t, compile(t.Properties)}
	if t.Title != "" {
		p.titles[strings.ToLower(t.Title)] = t.Name
	}
}

// With is the plan with other modes and further types. One that the plan has already gets
// further properties, or narrower ones of the same kind. Errors are Mistakes: all that is
// wrong with the declarations at once.
func (p *Plan) With(modes Modes, types ...Type) (*Plan, error) {
	if wrong := p.mistakes(types); len(wrong) > 0 {
		return nil, wrong
	}
	out := &Plan{modes: modes, types: map[string]*compiled{}, titles: map[string]string{}}
	if p != nil {
		maps.Copy(out.types, p.types)
		maps.Copy(out.titles, p.titles)
		out.declared = slices.Clone(p.declared)
	}
	for i := range types {
		out.add(out.merged(&types[i]))
		out.declared = append(out.declared, types[i].Name)
	}
	slices.Sort(out.declared)
	out.declared = slices.Compact(out.declared)
	return out, nil
}

// merged is a declared type with what the plan knows of it already.
func (p *Plan) merged(t *Type) Type {
	m := *t
	m.Version = max(1, t.Version)
	known, ok := p.types[t.Name]
	if !ok {
		return m
	}
	m.Open, m.Commerce = known.Open, known.Commerce
	if m.Title == "" {
		m.Title = known.Title
	}
	if m.Description == "" {
		m.Description = known.Description
	}
	m.Properties = slices.Clone(known.Properties)
	for _, more := range t.Properties {
		if i := find(m.Properties, more.Name); i >= 0 {
			m.Properties[i] = narrowed(m.Properties[i], more)
		} else {
			m.Properties = append(m.Properties, more)
		}
	}
	return m
}

// narrowed is a known property as a team declares it: what Rapport cannot do without stays
// required, and what a team does not mention stays as it is.
func narrowed(known, more Property) Property {
	more.Required = more.Required || known.Required
	if more.Description == "" {
		more.Description = known.Description
	}
	if more.Example == "" && more.Enum == nil && more.Format == "" {
		more.Example = known.Example
	}
	if more.Enum == nil {
		more.Enum = known.Enum
	}
	if more.Of == nil {
		more.Of = known.Of
	}
	if more.Properties == nil {
		more.Properties = known.Properties
	}
	return more
}

func find(in []Property, name string) int {
	return slices.IndexFunc(in, func(p Property) bool { return p.Name == name })
}

// Types are the names of all types of the plan, sorted.
func (p *Plan) Types() []string {
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.types))
}

// Declared are the names of the types that were declared, or extended, sorted.
func (p *Plan) Declared() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.declared)
}

// Type is one of the plan's. What it holds is shared and must not be changed.
func (p *Plan) Type(name string) (t Type, ok bool) {
	if p == nil {
		return Type{}, false
	}
	c, ok := p.types[name]
	if !ok {
		return Type{}, false
	}
	return c.Type, true
}

// Check tells what is wrong with an event, nil if it is as the plan expects it. Fields are
// named as "data.products[2].price", reasons with the remedy. Events of types outside the plan
// are right, unless its modes refuse them.
//
// What is wrong is refused, unless Keeps: then it is counted and kept. What every event must
// have is for event.Event's Validate.
func (p *Plan) Check(e *event.Event) *event.FieldError {
	if p == nil {
		return nil
	}
	t, known := p.types[e.Type]
	switch {
	case !known && p.modes.RefuseUnknown:
		return &event.FieldError{Field: "type", Reason: fmt.Sprintf("%s is not in the tracking plan: declare it under events: in events.yaml, or send a type that is there", quoted(e.Type))}
	case !known || t.shape.passes(string(e.Data)):
		return nil
	}
	return t.shape.inspect(e.Data)
}

// Keeps reports whether events of a type are kept although Check finds something wrong.
func (p *Plan) Keeps(typ string) bool {
	if p == nil {
		return true
	}
	_, known := p.types[typ]
	return known && p.modes.KeepViolations
}

// TypeOf is the type of event that a name in the manner of Segment stands for: that of a
// type with this title, whatever the letters' case, else what event.TypeFromName makes of it.
func (p *Plan) TypeOf(name string) string {
	if p != nil {
		if typ, ok := p.titles[strings.ToLower(strings.TrimSpace(name))]; ok {
			return typ
		}
	}
	return event.TypeFromName(name)
}
