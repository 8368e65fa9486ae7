package workspace

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"rapport/pkg/condition"
	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

var eventType = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)

// hearing is the event at hand where steps are read: the one that a wait waited for, until
// the instance rests again.
type hearing struct {
	typ string
	is  bool
}

// env is what every expression may name. Without segments there are none to ask for, while
// without a list of purposes every name is one.
func (r *reader) env() condition.Env {
	return condition.Env{Segments: append([]string{}, r.segmentNames...), Purposes: r.purposeNames, Catalogue: r.catalogue, Zone: r.zone}
}

// before is what expressions may read where nobody has entered yet.
func (r *reader) before(typ string) condition.Env {
	env := r.env()
	env.Event, env.NoTrigger = typ, true
	return env
}

// on is what expressions may read inside, when an event has happened.
func (r *reader) on(typ string) condition.Env {
	env := r.env()
	env.Event, env.Trigger, env.Sends = typ, r.trigger, r.sends
	return env
}

// inside is what the expressions of a step may read.
func (r *reader) inside() condition.Env {
	env := r.on(r.heard.typ)
	env.NoEvent = !r.heard.is
	return env
}

// ownTypes are the types of events that Rapport itself reads or makes.
func ownTypes() []string {
	return []string{
		event.OrderCompleted, event.OrderRefunded, event.ProfileIdentified, journey.ProfileUpdated,
		journey.TaskCreated, journey.ScheduleReached, journey.DateReached,
	}
}

// eventType reads the type of an event. Types outside the catalogue are welcome, but not
// those that differ from one of it by a slip.
func (r *reader) eventType(n *source.Node) string {
	typ := r.Text(n, "the type of an event")
	if r.types == nil {
		r.types = append(r.catalogue.Types(), ownTypes()...)
	}
	switch near := spelling.Slip(typ, r.types); {
	case typ == "" || near == typ:
	case near != "":
		r.At(n.File, n.Place, "there are no events of type "+typ, "did you mean "+near+"?")
	case !eventType.MatchString(typ):
		r.At(n.File, n.Place, typ+" is not a type of event", "write what it is about and what happened, with a point between: cart.abandoned")
	}
	if t, ok := r.plan.Type(typ); ok && t.Deprecated != "" {
		r.Warn(n.File, n.Place, "events of type "+typ+" are deprecated in events.yaml", t.Deprecated)
	}
	return typ
}

// conditions reads if:, when: and match: of a mapping, all of which have to hold.
func (r *reader) conditions(n *source.Node, env condition.Env) journey.Condition {
	return condition.All(r.condition(n.Get("match"), env), r.condition(n.Get("if"), env), r.structured(n.Get("when"), env))
}

func (r *reader) condition(n *source.Node, env condition.Env) journey.Condition {
	if !r.expression(n) {
		return nil
	}
	c, err := condition.Compile(n.Value, env)
	if r.failed(n, err) {
		return nil
	}
	for _, w := range condition.Warnings(c) {
		r.Warn(n.File, n.Within(w.Line, w.Col, w.Width), w.Message, w.Hint)
	}
	switch strings.TrimSpace(n.Value) {
	case "true":
		r.Warn(n.File, n.Place, "this condition always holds", "leave it out, or compare something")
	case "false":
		r.Warn(n.File, n.Place, "this condition never holds", "compare something; a journey that should not run is status: draft")
	}
	return c
}

func (r *reader) value(n *source.Node, env condition.Env) journey.Value {
	if !r.expression(n) {
		return nil
	}
	v, err := condition.CompileValue(n.Value, env)
	if r.failed(n, err) {
		return nil
	}
	return v
}

// compiled reads an expression with one of condition's compilers.
func (r *reader) compiled(n *source.Node, compile func(string, condition.Env) (journey.Expr, error), env condition.Env) journey.Expr {
	if !r.expression(n) {
		return nil
	}
	e, err := compile(n.Value, env)
	if r.failed(n, err) {
		return nil
	}
	return e
}

func (r *reader) expression(n *source.Node) bool {
	if n != nil && !n.Scalar() {
		r.At(n.File, n.Place, "an expression must be a text, not "+n.Kind.String(), "such as event.total > 20")
	}
	return n != nil && n.Scalar()
}

// failed reports the mistakes in an expression at their places in the file.
func (r *reader) failed(n *source.Node, err error) bool {
	var errs condition.Errors
	if errors.As(err, &errs) {
		for _, e := range errs {
			r.At(n.File, n.Within(e.Line, e.Col, e.Width), e.Message, e.Hint)
		}
	}
	return err != nil
}

// structured reads a condition that is written as a mapping.
func (r *reader) structured(n *source.Node, env condition.Env) journey.Condition {
	if n == nil {
		return nil
	}
	if n.Kind != source.Map && n.Kind != source.List {
		r.At(n.File, n.Place, "when must be a mapping, not "+n.Kind.String(), "write when: {profile.country: [DE, AT]}; an expression stands behind if:")
		return nil
	}
	c, err := condition.CompileWhen(when(n), env)
	var errs condition.Errors
	if errors.As(err, &errs) {
		for _, e := range errs {
			r.At(n.File, source.Place{Line: e.Line, Col: e.Col, Width: e.Width}, e.Message, e.Hint)
		}
	}
	if err != nil {
		return nil
	}
	return c
}

// when is a node as package condition reads it.
func when(n *source.Node) condition.When {
	w := condition.When{At: condition.Place(n.Place)}
	switch n.Kind {
	case source.Text:
		w.Value = n.Value
	case source.Bool:
		w.Value = strings.EqualFold(n.Value, "true")
	case source.Number:
		v, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		if w.Value = v; err != nil {
			w.Value = n.Value
		}
	case source.List:
		items := make([]condition.When, len(n.Items))
		for i, item := range n.Items {
			items[i] = when(item)
		}
		w.Value = items
	case source.Map:
		pairs := make([]condition.Pair, len(n.Pairs))
		for i, p := range n.Pairs {
			pairs[i] = condition.Pair{Key: p.Key, At: condition.Place(p.At), Value: when(p.Value)}
		}
		w.Value = pairs
	}
	return w
}
