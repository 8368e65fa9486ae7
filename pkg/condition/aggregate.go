package condition

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// aggregate is what can be asked about the past events of one type.
type aggregate struct {
	name   string // how people call it: orders, events("product.viewed")
	typ    string
	fields map[string]shape // of the events' properties; nil: any
	where  []eval           // over the frame's entry
	// orders tells that figures for life are those of the profile's orders.
	orders bool
	// more are the other histories that can be asked from here, by name.
	more map[string]string
}

func (c *compiler) orders() *aggregate {
	a := c.history("orders", event.OrderCompleted)
	a.orders = true
	line := map[string]shape{"product_id": {kind: kindText}, "category": {kind: kindText}}
	if a.fields != nil {
		a.fields = with(a.fields, map[string]shape{"products": list(object(line))})
	}
	return a
}

// messages are those that a provider has taken over; what came of them is told by the
// provider and the links.
func (c *compiler) messages() *aggregate {
	a := c.history("messages", event.MessageSent)
	a.more = map[string]string{
		"failed": event.MessageFailed, "delivered": "email.delivered", "opened": "email.opened", "clicked": "email.clicked",
		"bounced": "email.bounced", "complained": "email.complained", "replied": "email.replied",
	}
	return a
}

func (c *compiler) history(name, typ string) *aggregate {
	return &aggregate{name: name, typ: typ, fields: c.env.Catalogue.shape(typ).fields}
}

// events compiles events("product.viewed").
func (c *compiler) events(args []ast.Node, at place) operand {
	if len(args) != 1 {
		return c.fail(at, "events needs the type of an event", `such as events("product.viewed").count(last = 7d)`)
	}
	o := c.node(args[0])
	typ, ok := o.fixed.(string)
	if !ok {
		return c.fail(o.at, "the type of an event is written out, in quotes", `such as events("product.viewed")`)
	}
	if hint, ok := c.env.Catalogue.Check(typ); !ok {
		return c.fail(o.at, "there are no events of type "+typ, hint)
	}
	if typ == event.OrderCompleted {
		a := c.orders()
		a.name = `events("` + typ + `")`
		return c.aggregate(a, at)
	}
	return c.aggregate(c.history(`events("`+typ+`")`, typ), at)
}

// aggregate makes an operand of which count, sum and so on can be asked.
func (c *compiler) aggregate(a *aggregate, at place) operand {
	if c.within != nil {
		return c.fail(at, "where() looks at one event, and cannot count others", "join two questions with and")
	}
	c.deps.event(a.typ)
	fields := map[string]shape{}
	for _, name := range append(aggregateNames(), slices.Collect(maps.Keys(a.more))...) {
		fields[name] = shape{}
	}
	if a.orders {
		for name := range orderFields() {
			fields[name] = shape{}
		}
	}
	return operand{
		at: at, name: a.name, shape: shape{kind: kindEvents, fields: fields},
		member: func(name string, at place) (operand, bool) { return c.askBare(a, name, at) },
		call:   func(name string, args []ast.Node, at place) (operand, bool) { return c.ask(a, name, args, at) },
	}
}

func aggregateNames() []string {
	return []string{"count", "sum", "avg", "min", "max", "distinct", "first", "last", "where"}
}

// askBare compiles what is asked without brackets: orders.count, orders.last.
func (c *compiler) askBare(a *aggregate, name string, at place) (operand, bool) {
	switch name {
	case "count", "first", "last":
		return c.ask(a, name, nil, at)
	case "sum", "avg", "min", "max", "distinct":
		return c.fail(at, a.name+"."+name+" needs the name of a property", "such as "+a.name+"."+name+"("+a.example()+")"), true
	case "where":
		return c.fail(at, "where needs a condition in brackets", "such as "+a.name+".where("+a.question()+").count"), true
	}
	if typ := a.more[name]; typ != "" {
		return c.aggregate(c.history(a.name+"."+name, typ), at), true
	}
	if f, ok := orderFields()[name]; ok && a.orders && len(a.where) == 0 {
		if name == "refunds" || name == "refunded" {
			c.deps.event(event.OrderRefunded)
		}
		return fieldOperand(a.name+"."+name, at, f), true
	}
	return operand{}, false
}

func (a *aggregate) example() string {
	if a.fields == nil {
		return "value"
	}
	for _, name := range []string{"total", "value", "price", "score", "points"} {
		if a.fields[name].kind == kindNumber {
			return name
		}
	}
	return "channel"
}

// question is an example of a condition on an event.
func (a *aggregate) question() string {
	switch name := a.example(); name {
	case "channel":
		return `channel == "email"`
	default:
		return name + " > 20"
	}
}

// ask compiles what is asked with brackets.
func (c *compiler) ask(a *aggregate, name string, args []ast.Node, at place) (operand, bool) {
	if !slices.Contains(aggregateNames(), name) {
		return operand{}, false
	}
	args, named := c.split(args)
	out := operand{at: at, name: a.name + "." + name, shape: shape{kind: kindNumber}}
	var of property
	switch name {
	case "where":
		if len(args) != 1 || len(named) > 0 {
			return c.fail(at, "where needs one condition", "such as "+a.name+".where("+a.question()+").count"), true
		}
		return c.aggregate(c.filtered(a, args), at), true
	case "sum", "avg", "min", "max", "distinct":
		if len(args) == 0 {
			return c.fail(at, a.name+"."+name+" needs the name of a property", "such as "+name+"("+a.example()+")"), true
		}
		of = c.propertyArg(a, name, args[0])
		args = args[1:]
	}
	if len(args) > 0 {
		a = c.filtered(a, args)
	}
	w, filters := c.options(a, named)
	if len(filters) > 0 {
		b := *a
		b.where = append(slices.Clone(a.where), filters...)
		a = &b
	}
	switch name {
	case "count":
		out.eval = a.count(w)
	case "sum", "avg":
		out.eval = a.add(w, of, name == "avg")
	case "min", "max":
		out.eval = a.extreme(w, of, name == "max")
	case "distinct":
		out.eval = a.distinct(w, of)
	default:
		if w.bounded {
			return c.fail(at, name+" takes no window", "ask how long ago it was: since("+a.name+"."+name+") < 30d"), true
		}
		return c.edge(a, name, out), true
	}
	return out, true
}

// filtered is the aggregate of those events for which conditions hold, too.
func (c *compiler) filtered(a *aggregate, conditions []ast.Node) *aggregate {
	b := *a
	b.where = slices.Clone(a.where)
	if c.within != nil {
		return &b // It has been refused already.
	}
	c.within = a
	defer func() { c.within = nil }()
	for _, n := range conditions {
		b.where = append(b.where, c.truthful(n).eval)
	}
	return &b
}

// property is a property of past events.
type property struct {
	key  profile.Key
	name string
	shape
	// line tells that it is one of an order's lines.
	line bool
}

// propertyArg reads the property that is added up.
func (c *compiler) propertyArg(a *aggregate, function string, n ast.Node) property {
	at, name := placeOf(n), ""
	switch n := n.(type) {
	case *ast.IdentifierNode:
		name = n.Value
	case *ast.StringNode:
		name = n.Value
	default:
		c.fail(at, function+" needs the name of a property", "such as "+function+"("+a.example()+")")
		return property{}
	}
	if a.orders && (name == "product_id" || name == "category") {
		if function != "distinct" {
			c.fail(at, name+" is a text, and "+function+" needs numbers", "")
		}
		return property{key: profile.KeyOf("products"), name: name, shape: shape{kind: kindText}, line: true}
	}
	p, ok := c.pastProperty(a, name, at)
	if ok && function != "distinct" && !p.is(kindNumber) {
		c.fail(at, name+" is "+p.words()+", and "+function+" needs numbers", "")
	}
	return p
}

// past compiles the name of a property inside where().
func (c *compiler) past(name string, at place) (operand, bool) {
	a := c.within
	if a == nil {
		return operand{}, false
	}
	p, ok := c.pastProperty(a, name, at)
	if !ok {
		return operand{at: at, shape: shape{kind: kindAny}, eval: missing}, true
	}
	out := operand{at: at, name: name, shape: p.shape, past: &p}
	switch {
	case name == "time":
		out.eval = func(f *frame) any { return f.entry.Time() }
	case p.kind == kindList:
		out.eval = func(f *frame) any { return orderLines(f.entry.Property(p.key)) }
	default:
		out.eval = func(f *frame) any { return as(p.kind, f.entry.Property(p.key)) }
	}
	return out, true
}

// isText compares a property of past events with a text without taking it out; nil when
// the comparison is another one. A text that spells a number may equal a number.
func isText(p, with operand) eval {
	text, ok := with.fixed.(string)
	if p.past == nil || p.past.kind == kindTime || !ok || number(text) != nil {
		return nil
	}
	key := p.past.key
	return func(f *frame) any { return f.entry.Is(key, text) }
}

// orderLines are an order's lines as conditions see lists.
func orderLines(v any) any {
	kept, ok := v.([]profile.Line)
	if !ok {
		return nil
	}
	all := make([]any, len(kept))
	for i, l := range kept {
		all[i] = map[string]any{"product_id": filled(l.ProductID), "category": filled(l.Category)}
	}
	return all
}

// pastProperty checks that a property can be asked of past events.
func (c *compiler) pastProperty(a *aggregate, name string, at place) (property, bool) {
	s, known := a.fields[name]
	lined := a.orders && name == "products"
	switch {
	case name == "time" || lined:
	case a.orders && (name == "product_id" || name == "category"):
		c.fail(at, "an order has several products, each with its "+name, "ask whether any has it: where(any(products, ."+name+` == "..."))`)
		return property{}, false
	case !known && a.fields != nil:
		c.fail(at, a.typ+" has no property "+name, spelling.DidYouMean(name, a.kept()))
		return property{}, false
	case !a.keeps(name):
		c.fail(at, name+" is not kept of past events", spelling.OneOf(a.kept()))
		return property{}, false
	}
	if name == "time" {
		s = shape{kind: kindTime}
	}
	return property{key: profile.KeyOf(name), name: name, shape: s}, true
}

// keeps reports whether a property is kept of past events: numbers, truths and short texts,
// of the envelope only the time.
func (a *aggregate) keeps(name string) bool {
	s := a.fields[name]
	return name != "type" && name != "id" && s.kind != kindList && s.kind != kindObject && profile.Keeps(a.typ, name)
}

// kept are the properties that can be asked of past events.
func (a *aggregate) kept() []string {
	var names []string
	for name := range a.fields {
		if name != "time" && a.keeps(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
