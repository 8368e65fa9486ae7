package condition

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/condition/spelling"
)

// path compiles a chain of properties: event.products, .price, sent["first"].
func (c *compiler) path(n ast.Node) operand {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return c.identifier(n.Value, placeOf(n))
	case *ast.ChainNode: // a?.b: every property may be missing here, so it is a.b
		return c.path(n.Node)
	case *ast.PointerNode:
		return c.element(n, placeOf(n))
	case *ast.CallNode:
		return c.invoke(n)
	case *ast.MemberNode:
		base := c.path(n.Node)
		name, ok := n.Property.(*ast.StringNode)
		if !ok {
			return c.index(base, n)
		}
		return c.member(base, name.Value, placeOf(n.Property))
	}
	return c.node(n)
}

// invoke compiles a function, or what is asked of something: orders.count(last = 90d).
func (c *compiler) invoke(n *ast.CallNode) operand {
	at := placeOf(n)
	m, ok := n.Callee.(*ast.MemberNode)
	if !ok {
		return c.call(c.written(at), n.Arguments, at)
	}
	name, ok := m.Property.(*ast.StringNode)
	if !ok {
		return c.fail(at, "a value cannot be called", "leave the brackets out")
	}
	base := c.path(m.Node)
	at = placeOf(m.Property)
	if base.call != nil {
		if o, ok := base.call(name.Value, n.Arguments, at); ok {
			return o
		}
	} else if base.eval != nil && (base.kind == kindList || (base.kind == kindAny && itemFunctions()[name.Value] != "")) {
		return c.ofItems(base, name.Value, n.Arguments, at)
	}
	// Where there is no such property the mistake is that, else that it is called.
	mistakes := len(c.errs)
	if o := c.member(base, name.Value, at); len(c.errs) > mistakes {
		return o
	}
	return c.fail(at, base.name+"."+name.Value+" cannot be called", "leave the brackets out")
}

// written is the source at a place.
func (c *compiler) written(at place) string {
	return string(c.source[min(at.from, len(c.source)):min(at.to, len(c.source))])
}

// roots are the words that a path may begin with.
func (c *compiler) roots() []string {
	roots := append([]string{"event", "trigger", "profile", "sent", "orders", "messages", "now", "true", "false", "nil"}, calendarWords()...)
	if c.env.Segment {
		roots = slices.DeleteFunc(roots, func(r string) bool { return r == "event" || r == "trigger" || r == "sent" })
	}
	return roots
}

// identifier compiles the first word of a path.
func (c *compiler) identifier(name string, at place) operand {
	if d, ok := c.prepared.lengths[at.from]; ok {
		return literal(at, kindDuration, d)
	}
	if o, ok := c.variable(name, at); ok {
		return o
	}
	switch name {
	case "now":
		return c.now(at)
	case "today", "hour", "weekday", "month":
		return c.calendar(name, at)
	case "event":
		return c.event(at)
	case "trigger":
		if c.env.NoTrigger || c.env.Segment {
			return c.fail(at, "trigger is not there before somebody has entered"+c.inSegment(), "use event")
		}
		c.deps.Trigger = true
		return c.properties(at, name, c.env.Trigger, func(f *frame, name string) any { return f.scope.TriggerProperty(name) })
	case "sent":
		if c.env.NoTrigger || c.env.NoSent || c.env.Segment {
			return c.fail(at, "sent is not there before somebody has entered"+c.inSegment(), "")
		}
		c.deps.Sent = true
		return operand{at: at, name: name, member: c.sent}
	case "profile":
		return operand{at: at, name: name, member: c.profile, call: c.profileCall}
	case "orders":
		return c.aggregate(c.orders(), at)
	case "messages":
		return c.aggregate(c.messages(), at)
	}
	if o, ok := c.past(name, at); ok {
		return o
	}
	if other := elsewhere(name); other != "" {
		return c.fail(at, "unknown word "+name, "did you mean "+other+"?")
	}
	if near := spelling.Nearest(name, c.roots()); near != "" {
		return c.fail(at, "unknown word "+name, "did you mean "+near+"?")
	}
	if c.env.Segment {
		return c.fail(at, "unknown word "+name, `a trait is written profile.`+name+`, a text in quotes: "`+name+`"`)
	}
	return c.fail(at, "unknown word "+name, `a property is written event.`+name+` or profile.`+name+`, a text in quotes: "`+name+`"`)
}

// elsewhere knows what other tools call things.
func elsewhere(name string) string {
	switch name {
	case "customer", "user", "person", "contact", "subscriber":
		return "profile"
	case "order":
		return "event, or orders"
	case "segments", "segment", "tags", "consent", "double_opt_in", "loyalty", "predicted":
		return "profile." + name
	}
	return ""
}

func (c *compiler) inSegment() string {
	if c.env.Segment {
		return ", and who is in a segment is asked at any time"
	}
	return ""
}

// event is the root of the properties of the event at hand.
func (c *compiler) event(at place) operand {
	if c.env.Segment {
		return c.fail(at, "event is not there: who is in a segment is asked at any time, not when something happens",
			`ask what happened: events("product.viewed").count(last = 30d)`)
	}
	if c.env.NoEvent {
		return c.fail(at, "event is not there: a step runs when its time has come, not when something happens",
			"use trigger, the event that entered")
	}
	c.deps.Event = true
	return c.properties(at, "event", c.env.Event, func(f *frame, name string) any { return f.scope.EventProperty(name) })
}

// variable is the name that exists(NAME, ...) gives an element, or a property that where()
// knows.
func (c *compiler) variable(name string, at place) (operand, bool) {
	for depth := len(c.items) - 1; depth >= 0; depth-- {
		if c.items[depth].name == name {
			return c.itemAt(depth, at), true
		}
	}
	if c.within != nil {
		if _, known := c.within.fields[name]; known {
			return c.past(name, at)
		}
	}
	return operand{}, false
}

// properties is the root of an event's properties.
func (c *compiler) properties(at place, root, typ string, of func(*frame, string) any) operand {
	known := c.env.Catalogue.shape(typ)
	return operand{at: at, name: root, shape: known, member: func(name string, at place) (operand, bool) {
		s, ok := known.fields[name]
		if !ok && known.fields != nil {
			return operand{}, false
		}
		if !ok {
			s = envelopeShape(name)
		}
		return operand{at: at, name: root + "." + name, shape: s, eval: func(f *frame) any {
			return as(s.kind, of(f, name))
		}}, true
	}}
}

// sent is the root of what the journey's steps have sent.
func (c *compiler) sent(step string, at place) (operand, bool) {
	if !slices.Contains(c.env.Sends, step) {
		return operand{}, false
	}
	fields := map[string]shape{"id": {kind: kindText}, "at": {kind: kindTime}}
	return operand{at: at, name: "sent." + step, shape: object(fields), eval: func(f *frame) any {
		return f.scope.Sent()[step]
	}}, true
}

// member compiles base.name.
func (c *compiler) member(base operand, name string, at place) operand {
	if base.member != nil {
		if o, ok := base.member(name, at); ok {
			return o
		}
		return c.unknown(base, name, at, c.choices(base))
	}
	if !base.is(kindObject) {
		return c.fail(at, base.calls()+" and has no properties", listHint(base))
	}
	s, ok := base.fields[name]
	if !ok && base.fields != nil {
		return c.unknown(base, name, at, sortedKeys(base.fields))
	}
	return operand{at: at, name: base.name + "." + name, shape: s, eval: func(f *frame) any {
		m, _ := normal(base.eval(f)).(map[string]any)
		return as(s.kind, m[name])
	}}
}

func listHint(base operand) string {
	if base.kind == kindList && base.name != "" {
		return "ask its elements: any(" + base.name + ", .NAME == ...)"
	}
	return ""
}

func (c *compiler) choices(base operand) []string {
	switch base.name {
	case "sent":
		return c.env.Sends
	case "profile.consent", "profile.double_opt_in":
		return consentChannels()
	case "profile.loyalty":
		return slices.Sorted(maps.Keys(loyaltyFields()))
	}
	return sortedKeys(base.fields)
}

func sortedKeys(m map[string]shape) []string { return slices.Sorted(maps.Keys(m)) }

func (c *compiler) unknown(base operand, name string, at place, choices []string) operand {
	if base.name == "sent" {
		hint := spelling.DidYouMean(name, choices)
		if len(choices) == 0 {
			hint = "give the step that sends an id, and use that"
		}
		return c.fail(at, "no step "+name+" sends anything in this journey", hint)
	}
	where := base.name
	switch {
	case where == "event" && c.env.Event != "":
		where = c.env.Event
	case where == "trigger" && c.env.Trigger != "":
		where = c.env.Trigger
	case where == "" || strings.HasPrefix(where, ".") || strings.HasSuffix(where, "[]"):
		where = "an element of the list"
	}
	return c.fail(at, where+" has no property "+name, spelling.DidYouMean(name, choices))
}

// index compiles base[number].
func (c *compiler) index(base operand, n *ast.MemberNode) operand {
	at := placeOf(n)
	i, ok := c.node(n.Property).fixed.(float64)
	if !ok || i != float64(int(i)) {
		return c.fail(at, "an element of a list is chosen by a whole number", "such as event.products[0]")
	}
	if base.eval == nil || !base.is(kindList) {
		return c.fail(at, base.calls()+", not a list", "")
	}
	s := elementOf(base)
	return operand{at: at, name: base.name + "[]", shape: s, eval: func(f *frame) any {
		all, _ := base.eval(f).([]any)
		k := int(i)
		if k < 0 {
			k += len(all)
		}
		if k < 0 || k >= len(all) {
			return nil
		}
		return as(s.kind, all[k])
	}}
}

func elementOf(o operand) shape {
	if o.elem != nil {
		return *o.elem
	}
	return shape{kind: kindAny}
}

// element compiles # and .name inside a list function.
func (c *compiler) element(n *ast.PointerNode, at place) operand {
	if len(c.items) == 0 || n.Name != "" {
		return c.fail(at, "there is no list here whose element this could be", "use it inside any, all, none, count, filter or sum")
	}
	return c.itemAt(len(c.items)-1, at)
}

func (c *compiler) itemAt(depth int, at place) operand {
	s := c.items[depth].shape
	return operand{at: at, shape: s, eval: func(f *frame) any { return as(s.kind, f.items[depth]) }}
}
