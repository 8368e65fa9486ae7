package condition

import (
	"github.com/expr-lang/expr/ast"
)

// compiler turns one syntax tree into closures and collects its mistakes.
type compiler struct {
	env   Env
	lines lines
	errs  Errors
	items []shape // of the elements that the list functions around this place look at
}

// operand is a compiled part of an expression.
type operand struct {
	shape
	at   place
	name string // how people call it, for messages: "event.total"
	eval eval
	// fixed is the value of a literal.
	fixed any
	// member looks a property up; nil: as the shape says.
	member func(name string, at place) (operand, bool)
}

// calls is how a message names the operand.
func (o operand) calls() string {
	if o.name != "" {
		return o.name + " is " + o.words()
	}
	return "this is " + o.words()
}

func (c *compiler) node(n ast.Node) operand {
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
	case *ast.IdentifierNode:
		return c.plain(c.identifier(n.Value, at))
	case *ast.MemberNode, *ast.ChainNode, *ast.PointerNode:
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
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(callee.Value, n.Arguments, at)
		}
		return c.fail(at, "properties cannot be called", "leave the brackets out")
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
	if o.member != nil {
		return c.fail(o.at, o.name+" is a group of properties, not a value", "name one of them: "+o.name+".NAME")
	}
	return o
}

func (c *compiler) conditional(n *ast.ConditionalNode, at place) operand {
	cond, yes, no := c.truthful(n.Cond), c.node(n.Exp1), c.node(n.Exp2)
	out := operand{at: at, shape: yes.shape}
	if yes.kind != no.kind {
		out.shape = shape{kind: kindAny}
	}
	out.eval = func(f *frame) any {
		if truth(cond.eval(f)) {
			return yes.eval(f)
		}
		return no.eval(f)
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
		elems[i] = c.node(e)
		switch {
		case i == 0:
			elem = elems[i].shape
		case elems[i].kind != elem.kind:
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
		return operand{at: at, shape: list(elem), eval: constant(fixed)}
	}
	return operand{at: at, shape: list(elem), eval: func(f *frame) any {
		all := make([]any, len(elems))
		for i, e := range elems {
			all[i] = e.eval(f)
		}
		return all
	}}
}
