package condition

import (
	"fmt"
	"time"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

// window is the stretch of time that an aggregate looks at.
type window struct {
	bounded bool
	last    time.Duration // back from now, or
	since   eval          // from a time on
}

// cut is the time after which events count; ok is false when it is missing.
func (w window) cut(f *frame) (cut time.Time, ok bool) {
	switch {
	case w.since != nil:
		cut, ok = as(kindTime, w.since(f)).(time.Time)
		return cut, ok
	case w.bounded:
		return f.scope.Now.Add(-w.last), true
	}
	return time.Time{}, true
}

// leaves notes when something that counts will have left the window.
func (w window) leaves(f *frame, t time.Time) {
	if w.last > 0 && !t.IsZero() {
		f.scope.NoteChange(t.Add(w.last))
	}
}

// namedArg is NAME = value in brackets.
type namedArg struct {
	name  string
	at    place
	value ast.Node
}

// split parts values in brackets from those that have names.
func (c *compiler) split(args []ast.Node) (plain []ast.Node, named []namedArg) {
	for _, n := range args {
		inner := n
		if p, ok := n.(*ast.PredicateNode); ok {
			inner = p.Node
		}
		b, ok := inner.(*ast.BinaryNode)
		if ok && c.prepared.named[placeOf(b).from] {
			if name, ok := b.Left.(*ast.IdentifierNode); ok {
				named = append(named, namedArg{name.Value, placeOf(name), b.Right})
				continue
			}
		}
		plain = append(plain, n)
	}
	return plain, named
}

// options reads the named values of an aggregate: last = 90d, since = TIME, and properties
// that events must have: channel = "email".
func (c *compiler) options(a *aggregate, named []namedArg) (w window, filters []eval) {
	for _, n := range named {
		_, property := a.fields[n.name]
		switch {
		case n.name == "last" || n.name == "since":
			if w.bounded {
				c.fail(n.at, "one window is enough", "use last, or since")
			}
			c.window(&w, n)
		case !property && a.fields != nil:
			c.fail(n.at, a.name+" has nothing called "+n.name, spelling.DidYouMean(n.name, append([]string{"last", "since"}, a.kept()...)))
		default:
			if f := c.having(a, n); f != nil {
				filters = append(filters, f)
			}
		}
	}
	return w, filters
}

func (c *compiler) window(w *window, n namedArg) {
	o := c.node(n.value)
	w.bounded = true
	if n.name == "since" {
		o = c.still(c.timely(o, operand{shape: shape{kind: kindTime}}))
		if !o.is(kindTime) {
			c.fail(o.at, o.calls()+", but since needs a time", "such as since = trigger.time; a length of time is given with last = 30d")
		}
		w.since = o.eval
		return
	}
	d, ok := o.fixed.(time.Duration)
	switch {
	case !ok:
		c.fail(o.at, o.calls()+", but last needs a length of time", "such as last = 30d")
	case d <= 0:
		c.fail(o.at, "there is nothing in a window of "+schedule.FormatDuration(d), "such as last = 30d")
	case d > profile.MaxWindow:
		c.fail(o.at, fmt.Sprintf("days are kept for %s", schedule.FormatDuration(profile.MaxWindow)), "leave last out to ask about all there ever was")
	}
	w.last = d
	c.deps.Time = true
}

// having compiles PROPERTY = value, which an event must have.
func (c *compiler) having(a *aggregate, n namedArg) eval {
	v := c.still(c.node(n.value))
	c.within = a
	defer func() { c.within = nil }()
	p, _ := c.past(n.name, n.at)
	if v.kind == kindNil || !mayCompare("==", p, v) {
		c.fail(v.at, p.calls()+", and cannot be "+describe(v), comparisonHint(p, v))
		return nil
	}
	c.oneOf(v, p)
	if same := isText(p, v); same != nil {
		return same
	}
	return func(f *frame) any {
		x, y := p.eval(f), v.eval(f)
		return x != nil && y != nil && equal(x, y)
	}
}

// tally sums up all events in a window, and notes when the oldest leaves it. It reports
// false when the question cannot be asked.
func (a *aggregate) tally(f *frame, w window, amount profile.Key) (t profile.Tally, ok bool) {
	cut, ok := w.cut(f)
	if !ok || f.scope.Profile == nil {
		return t, false
	}
	t = f.scope.Profile.History.Of(a.typ).Since(cut, amount)
	w.leaves(f, t.Oldest)
	w.leaves(f, t.Day)
	return t, true
}

// scan walks over the events in a window that are kept one by one and match, newest first.
// It notes when the oldest leaves the window, and reports false when the question cannot be
// asked.
func (a *aggregate) scan(f *frame, w window, entry func(profile.Entry)) bool {
	cut, ok := w.cut(f)
	if !ok || f.scope.Profile == nil {
		return false
	}
	var oldest time.Time
	for n := range f.scope.Profile.History.Of(a.typ).Entries() {
		t := n.Time()
		if w.bounded && !t.After(cut) {
			break
		}
		if !f.spend(1) {
			return false
		}
		if a.matches(f, n) {
			entry(n)
			oldest = t
		}
	}
	w.leaves(f, oldest)
	return true
}

func (a *aggregate) matches(f *frame, n profile.Entry) bool {
	f.entry = n
	for _, holds := range a.where {
		if !truth(holds(f)) {
			return false
		}
	}
	return true
}
