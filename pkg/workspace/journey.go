package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rapport/pkg/condition"
	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// defaultPriority is that of a journey that names none.
const defaultPriority = 50

var (
	journeyName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	eventType   = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)
)

// reader reads one journey.
type reader struct {
	*source.Report
	*references
	out   *journey.Definition
	sends []string        // the ids of steps that send
	ids   map[string]bool // all ids given
}

// journeys reads all journeys, sorted by name.
func journeys(files []*source.File, refs *references, r *source.Report) []*journey.Definition {
	var all []*journey.Definition
	where := map[string]string{}
	for _, f := range files {
		n := f.YAML(r)
		if n == nil {
			continue
		}
		rd := reader{Report: r, references: refs, out: &journey.Definition{}, ids: map[string]bool{}}
		if !rd.journey(n) {
			continue
		}
		if first, twice := where[rd.out.Name]; twice {
			r.At(f, n.Get("journey").Place, fmt.Sprintf("there is a journey %s already, in %s", rd.out.Name, first), "give each journey a name of its own")
		}
		where[rd.out.Name] = f.Name
		all = append(all, rd.out)
	}
	slices.SortStableFunc(all, func(a, b *journey.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func journeyKeys() source.Keys {
	return source.Keys{
		Known: []string{"journey", "title", "category", "priority", "status", "enter", "leave", "steps", "lifetime"},
		Later: []string{"goal", "holdout", "on_change", "max_lateness", "if_blocked"},
	}
}

// journey reads the whole file. It reports false for what is no journey at all.
func (r *reader) journey(n *source.Node) bool {
	if !r.Fields(n, "a journey", journeyKeys()) {
		return false
	}
	d := r.out
	if name := n.Get("journey"); name == nil {
		r.At(n.File, n.Place, "the journey has no name", "add journey: with a name such as thank-you")
	} else if d.Name = r.Text(name, "journey"); d.Name != "" && !journeyName.MatchString(d.Name) {
		r.At(n.File, name.Place, d.Name+" cannot be the name of a journey", "use small letters, digits and hyphens, such as win-back")
	}
	if d.Title = d.Name; n.Get("title") != nil {
		d.Title = r.Text(n.Get("title"), "title")
	}
	r.required(n, "category", "say whether it is marketing, which needs consent, or transactional, which answers what the customer did")
	d.Category = message.Category(r.Choice(n.Get("category"), "category", string(message.Marketing), string(message.Transactional)))
	d.Priority = r.Int(n.Get("priority"), "priority", 0, 100, defaultPriority)
	r.required(n, "status", "say active for it to run, or draft while you are at it")
	d.Status = journey.Status(r.Choice(n.Get("status"), "status", string(journey.Draft), string(journey.Active), string(journey.Paused), string(journey.Archived)))
	if d.Lifetime = journey.DefaultLifetime; n.Get("lifetime") != nil {
		if d.Lifetime = r.Duration(n.Get("lifetime"), "lifetime"); d.Lifetime > journey.DefaultLifetime {
			r.At(n.File, n.Get("lifetime").Place, "nobody stays in a journey for more than 365 days", "use at most 365d")
		}
	}
	if r.required(n, "enter", "say who enters: enter: {on: order.completed}") {
		d.Enter = r.entry(n.Get("enter"))
	}
	steps := n.Get("steps")
	r.collect(steps)
	if leave := n.Get("leave"); leave != nil {
		d.Leave = r.leave(leave)
	}
	if r.required(n, "steps", "say what happens to those who enter") {
		d.Steps = r.steps(steps, "")
	}
	d.Version = hash(behavior(n).Canonical())
	return true
}

// behavior is a journey without what says nothing about those inside.
func behavior(n *source.Node) *source.Node {
	b := *n
	b.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p source.Pair) bool { return p.Key == "title" || p.Key == "status" })
	return &b
}

func (r *reader) required(n *source.Node, key, hint string) bool {
	v := n.Get(key)
	switch {
	case v == nil:
		r.At(n.File, n.Place, key+": is missing", hint)
	case v.Kind == source.Null:
		r.At(n.File, v.Place, key+": is empty", hint)
	default:
		return true
	}
	return false
}

// entry reads enter:.
func (r *reader) entry(n *source.Node) journey.Entry {
	e := journey.Entry{Meanwhile: journey.Ignore}
	if !r.Fields(n, "enter", source.Keys{
		Known: []string{"on", "if", "key", "again", "meanwhile"},
		Later: []string{"segment", "schedule", "at", "audience", "local", "over", "date", "offset", "prediction", "grace"},
	}) {
		return e
	}
	if r.required(n, "on", "name the event that enters, such as order.completed") {
		e.On = r.eventType(n.Get("on"))
	}
	env := condition.Env{Event: e.On, NoTrigger: true}
	e.If = r.condition(n.Get("if"), env)
	e.Key = r.value(n.Get("key"), env)
	e.Again = r.again(n.Get("again"))
	e.Meanwhile = journey.Meanwhile(r.Choice(n.Get("meanwhile"), "meanwhile", string(journey.Ignore), string(journey.Restart), string(journey.Parallel)))
	return e
}

func (r *reader) again(n *source.Node) journey.Again {
	switch {
	case n == nil:
	case n.Kind == source.Map:
		if r.Fields(n, "again", source.Keys{Known: []string{"after"}}) && r.required(n, "after", "say how long after the last entry: after: 30d") {
			return journey.Again{After: r.Duration(n.Get("after"), "after")}
		}
	case n.Kind == source.Text && n.Value == "never":
	case n.Kind == source.Text && n.Value == "always":
		return journey.Again{Always: true}
	default:
		word := n.Value
		if !n.Scalar() {
			word = n.Kind.String()
		}
		r.At(n.File, n.Place, "again cannot be "+word, "use never, always, or {after: 30d}")
	}
	return journey.Again{}
}

// leave reads the rules that end an instance.
func (r *reader) leave(n *source.Node) []journey.LeaveRule {
	if n.Kind != source.List {
		r.At(n.File, n.Place, "leave must be a list, not "+n.Kind.String(), "begin each rule with a hyphen: - on: order.refunded")
		return nil
	}
	var rules []journey.LeaveRule
	for _, item := range n.Items {
		if !r.Fields(item, "a rule of leave", source.Keys{Known: []string{"on", "if", "match", "as"}}) {
			continue
		}
		var rule journey.LeaveRule
		if on := item.Get("on"); on != nil {
			rule.On = r.eventType(on)
		} else if item.Get("if") == nil && item.Get("match") == nil {
			r.At(n.File, item.Place, "this rule would end the journey on every event", "add on: or if:")
		}
		env := condition.Env{Event: rule.On, Trigger: r.out.Enter.On, Sends: r.sends}
		rule.If = condition.All(r.condition(item.Get("match"), env), r.condition(item.Get("if"), env))
		rule.As = cmp.Or(r.Text(item.Get("as"), "as"), rule.On, "left")
		rules = append(rules, rule)
	}
	return rules
}

// eventType reads the type of an event. Types outside the catalogue are welcome, but not
// those that differ from one of ours by a slip.
func (r *reader) eventType(n *source.Node) string {
	known := []string{event.OrderCompleted, event.OrderRefunded, event.ProfileIdentified, event.MessageSent, event.MessageFailed, event.MessageUncertain}
	typ := r.Text(n, "on")
	switch near := spelling.Nearest(typ, known); {
	case typ == "" || slices.Contains(known, typ):
	case near != "":
		r.At(n.File, n.Place, "there are no events of type "+typ, "did you mean "+near+"?")
	case !eventType.MatchString(typ):
		r.At(n.File, n.Place, typ+" is not a type of event", "write what it is about and what happened, with a point between: cart.abandoned")
	}
	return typ
}

func (r *reader) condition(n *source.Node, env condition.Env) journey.Condition {
	if !r.expression(n) {
		return nil
	}
	c, err := condition.Compile(n.Value, env)
	if r.failed(n, err) {
		return nil
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

// plainly names a node's word, or what it is instead of one.
func plainly(n *source.Node) string {
	if n.Scalar() {
		return strings.TrimSpace(n.Value)
	}
	return n.Kind.String()
}
