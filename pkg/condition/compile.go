package condition

import (
	"github.com/expr-lang/expr/ast"
)

// compiler turns one syntax tree into closures and collects its mistakes.
type compiler struct {
	env      Env
	source   []rune
	lines    lines
	prepared prepared
	errs     Errors
	warnings Errors
	deps     Deps
	tracer   *tracer
	items    []item     // the elements that the list functions around this place look at
	within   *aggregate // whose where() this place is in
}

// item is the element of a list that a list function looks at.
type item struct {
	shape
	name string // that exists(NAME, ...) gives it
}

// operand is a compiled part of an expression.
type operand struct {
	shape
	at   place
	name string // how people call it, for messages: "event.total"
	eval eval   // nil for a group of properties
	// fixed is the value of a literal.
	fixed any
	// member looks a property up; nil: as the shape says.
	member func(name string, at place) (operand, bool)
	// call is what the operand can be asked with brackets: count(last = 90d).
	call func(name string, args []ast.Node, at place) (operand, bool)
	// past is the property of past events that it is.
	past *property
	// moving tells that the value is a time or a length of time that may move as the clock
	// does; eval then leaves in the frame how.
	moving bool
}

// calls is how a message names the operand.
func (o operand) calls() string {
	if o.name != "" {
		return o.name + " is " + o.words()
	}
	return "this is " + o.words()
}

// node compiles what is a value.
func (c *compiler) node(n ast.Node) operand {
	if c.tracer == nil || len(c.items) > 0 || c.within != nil {
		return c.bare(n)
	}
	part := c.tracer.begin(c, n)
	o := c.bare(n)
	return c.tracer.end(part, o)
}

func (c *compiler) bare(n ast.Node) operand {
	at := placeOf(n)
	switch n := n.(type) {
	case *ast.NilNode:
		return operand{at: at, shape: shape{kind: kindNil}, eval: missing}
	case *ast.BoolNode:
		return literal(at, kindBool, n.Value)
	case *ast.IntegerNode:
		return literal(at, kindNumber, float64(n.Value))
	case *ast.FloatNode:
		return literal(at, kindNumber, n.Value)
	case *ast.StringNode:
		return literal(at, kindText, n.Value)
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode, *ast.PointerNode, *ast.CallNode:
		return c.plain(c.path(n))
	case *ast.UnaryNode:
		return c.unary(n, at)
	case *ast.BinaryNode:
		return c.binary(n, at)
	case *ast.ConditionalNode:
		return c.conditional(n, at)
	case *ast.ArrayNode:
		return c.array(n, at)
	case *ast.BuiltinNode:
		return c.call(n.Name, n.Arguments, at)
	case *ast.PredicateNode:
		return c.node(n.Node)
	}
	return c.fail(at, "this is not part of the language of conditions", "use comparisons, and, or, not, and the list functions any, all, none and count")
}

func literal(at place, k kind, v any) operand {
	return operand{at: at, shape: shape{kind: k}, eval: constant(v), fixed: v}
}

// plain refuses a group of properties where a value is needed.
func (c *compiler) plain(o operand) operand {
	switch {
	case o.eval != nil:
		return o
	case o.kind == kindEvents:
		return c.fail(o.at, o.name+" are many events, not a value", "ask for one: "+o.name+".count, or "+o.name+".last")
	}
	return c.fail(o.at, o.name+" is a group of properties, not a value", "name one of them: "+o.name+".NAME")
}

// still refuses what moves with the clock where nobody could tell when the answer changes.
func (c *compiler) still(o operand) operand {
	if o.moving {
		return c.fail(o.at, "this changes with the clock, and can only be compared here", "such as since(profile.orders.last_at) > 30d")
	}
	return o
}

func (c *compiler) conditional(n *ast.ConditionalNode, at place) operand {
	cond, yes, no := c.truthful(n.Cond), c.node(n.Exp1), c.node(n.Exp2)
	out := operand{at: at, shape: yes.shape, moving: yes.moving || no.moving}
	if yes.kind != no.kind {
		out.shape = shape{kind: kindAny}
	}
	out.eval = func(f *frame) any {
		chosen := &no
		if truth(cond.eval(f)) {
			chosen = &yes
		}
		return chosen.follow(f)
	}
	return out
}

// truthful compiles what must be true or false.
func (c *compiler) truthful(n ast.Node) operand {
	o := c.node(n)
	if !o.is(kindBool) {
		return c.fail(o.at, o.calls()+", but true or false is needed here", "compare it with something")
	}
	return o
}

func (c *compiler) array(n *ast.ArrayNode, at place) operand {
	elems := make([]operand, len(n.Nodes))
	elem := shape{kind: kindAny}
	for i, e := range n.Nodes {
		elems[i] = c.still(c.node(e))
		switch {
		case i == 0 || elem.kind == kindAny:
			elem = elems[i].shape
		case elems[i].kind != elem.kind && elems[i].kind != kindAny:
			return c.fail(elems[i].at, "the list mixes "+elem.words()+" and "+elems[i].words(), "use one sort of values in a list")
		}
	}
	fixed := make([]any, len(elems))
	for i, e := range elems {
		if fixed[i] = e.fixed; e.fixed == nil {
			fixed = nil
			break
		}
	}
	if fixed != nil {
		return operand{at: at, shape: list(elem), eval: constant(fixed), fixed: fixed}
	}
	return operand{at: at, shape: list(elem), eval: func(f *frame) any {
		all := make([]any, len(elems))
		for i, e := range elems {
			all[i] = e.eval(f)
		}
		return all
	}}
}
