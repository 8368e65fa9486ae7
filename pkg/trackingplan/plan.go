package trackingplan

import "rapport/pkg/event"

// Plan is a set of declared types of events. It is immutable and safe for concurrent use;
// nil is Known.
type Plan struct {
	types map[string]*Type
	modes Modes
}

// Modes are what becomes of events that a plan does not expect.
type Modes struct {
	// RefuseUnknown refuses types that are not in the plan. By default they are kept.
	RefuseUnknown bool
	// KeepViolations keeps events that are not as declared; who asks Check counts them. By
	// default they are refused.
	KeepViolations bool
}

// Known is the plan of the types that shops send (Segment's e-commerce specification) and of
// those that Rapport itself sends.
func Known() *Plan { return &Plan{types: map[string]*Type{}} }

// With is the plan with further types, or with further properties of types that it has.
func (p *Plan) With(modes Modes, types ...Type) (*Plan, error) { return p, nil }

// Check tells what is wrong with an event, nil if it is as declared. Fields are named as
// "data.products[2].price", reasons with the remedy. Events of types outside the plan are
// right, unless the plan refuses them.
//
// What is wrong is refused, unless Keeps: then it is counted and kept.
func (p *Plan) Check(e *event.Event) *event.FieldError { return nil }

// Keeps reports whether events of a type are kept although Check finds something wrong.
func (p *Plan) Keeps(typ string) bool { return p != nil && p.modes.KeepViolations }

// TypeOf is the type of event that a name in the manner of Segment stands for: that of a
// declared type with this title, else what event.TypeFromName makes of it.
func (p *Plan) TypeOf(name string) string { return event.TypeFromName(name) }
