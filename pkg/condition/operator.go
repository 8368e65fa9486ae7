package condition

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

func (c *compiler) unary(n *ast.UnaryNode, at place) operand {
	switch n.Operator {
	case "not", "!":
		if test, ok := negated(n); ok {
			return c.test(test, placeOf(test), false)
		}
		o := c.truthful(n.Node)
		return operand{at: at, shape: shape{kind: kindBool}, eval: func(f *frame) any { return !truth(o.eval(f)) }}
	case "-":
		o := c.numeric(n.Node)
		if v, ok := o.fixed.(float64); ok {
			return literal(at, kindNumber, -v)
		}
		return operand{at: at, shape: shape{kind: kindNumber}, eval: func(f *frame) any {
			if v, ok := o.eval(f).(float64); ok {
				return -v
			}
			return nil
		}}
	}
	return c.numeric(n.Node)
}

// negated recognizes x not in y, which the parser hands on as not (x in y). It differs for
// a missing x, for which both x in y and x not in y are false.
func negated(n *ast.UnaryNode) (*ast.BinaryNode, bool) {
	test, ok := n.Node.(*ast.BinaryNode)
	return test, ok && n.Location().From == test.Location().From
}

// test compiles the operators that have a form with not.
func (c *compiler) test(n *ast.BinaryNode, at place, want bool) operand {
	switch n.Operator {
	case "in":
		return c.membership(n, at, want)
	case "matches":
		return c.pattern(n, at, want)
	}
	return c.textTest(n, at, want)
}

// numeric compiles what must be a number.
func (c *compiler) numeric(n ast.Node) operand {
	o := c.node(n)
	if !o.is(kindNumber) {
		return c.fail(o.at, o.calls()+", but a number is needed here", "")
	}
	return o
}

// textual compiles what must be a text.
func (c *compiler) textual(n ast.Node) operand {
	o := c.node(n)
	if !o.is(kindText) {
		return c.fail(o.at, o.calls()+", but a text is needed here", "")
	}
	return o
}

func (c *compiler) binary(n *ast.BinaryNode, at place) operand {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logical(n, at)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n, at)
	case "in", "contains", "startsWith", "endsWith", "matches":
		return c.test(n, at, true)
	case "+", "-", "*", "/", "%":
		return c.arithmetic(n, at)
	case "??":
		a, b := c.node(n.Left), c.node(n.Right)
		out := operand{at: at, shape: a.shape, moving: a.moving || b.moving}
		if a.kind != b.kind {
			out.shape = shape{kind: kindAny}
		}
		out.eval = func(f *frame) any {
			if v := a.follow(f); v != nil {
				return v
			}
			return b.follow(f)
		}
		return out
	}
	return c.fail(at, "the operator "+n.Operator+" is not part of the language of conditions", "")
}

func (c *compiler) logical(n *ast.BinaryNode, at place) operand {
	a, b := c.truthful(n.Left), c.truthful(n.Right)
	out := operand{at: at, shape: shape{kind: kindBool}}
	if n.Operator == "and" || n.Operator == "&&" {
		out.eval = func(f *frame) any { return truth(a.eval(f)) && truth(b.eval(f)) }
	} else {
		out.eval = func(f *frame) any { return truth(a.eval(f)) || truth(b.eval(f)) }
	}
	return out
}

func (c *compiler) textTest(n *ast.BinaryNode, at place, want bool) operand {
	test := map[string]func(s, part string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[n.Operator]
	a := c.node(n.Left)
	if a.kind == kindList {
		return c.fail(at, a.calls()+", and "+n.Operator+" looks into texts", "write: value in "+a.name)
	}
	if !a.is(kindText) {
		a = c.fail(a.at, a.calls()+", but a text is needed here", "")
	}
	b := c.textual(n.Right)
	return operand{at: at, shape: shape{kind: kindBool}, eval: func(f *frame) any {
		s, ok := a.eval(f).(string)
		part, ok2 := b.eval(f).(string)
		return ok && ok2 && f.spendText(s) && test(s, part) == want
	}}
}

func (c *compiler) pattern(n *ast.BinaryNode, at place, want bool) operand {
	a, p := c.textual(n.Left), c.node(n.Right)
	text, ok := p.fixed.(string)
	if !ok {
		return c.fail(p.at, "matches needs a pattern that is written out", `such as profile.email matches "@example[.]com$"`)
	}
	re, err := compilePattern(text)
	if err != nil {
		return c.fail(p.at, "the pattern cannot be read: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "")
	}
	return operand{at: at, shape: shape{kind: kindBool}, eval: func(f *frame) any {
		s, ok := a.eval(f).(string)
		return ok && f.spendText(s) && re.MatchString(s) == want
	}}
}

func (c *compiler) arithmetic(n *ast.BinaryNode, at place) operand {
	a, b := c.node(n.Left), c.node(n.Right)
	kind, ok := arithmeticKind(n.Operator, a.kind, b.kind)
	if !ok {
		return c.fail(at, fmt.Sprintf("%s %s %s cannot be computed", a.words(), n.Operator, b.words()), "")
	}
	op := n.Operator
	out := operand{at: at, shape: shape{kind: kind}, moving: a.moving || b.moving}
	if !out.moving {
		out.eval = func(f *frame) any { return compute(f, op, a.eval(f), b.eval(f)) }
		return out
	}
	out.eval = func(f *frame) any {
		x := a.follow(f)
		slope := f.slope
		y := b.follow(f)
		if op == "-" {
			f.slope = -f.slope
		}
		f.slope += slope
		return compute(f, op, x, y)
	}
	return out
}

// arithmeticKind is the kind of a result; any where only the values will tell.
func arithmeticKind(op string, a, b kind) (kind, bool) {
	if a == kindAny || b == kindAny {
		return kindAny, true
	}
	switch {
	case a == kindNumber && b == kindNumber:
		return kindNumber, true
	case op == "+" && a == kindText && b == kindText:
		return kindText, true
	case op == "-" && a == kindTime && b == kindTime:
		return kindDuration, true
	case (op == "+" || op == "-") && a == kindTime && b == kindDuration:
		return kindTime, true
	case (op == "+" || op == "-") && a == kindDuration && b == kindDuration:
		return kindDuration, true
	}
	return kindAny, false
}

// compute is missing where an operand is, where the kinds do not go together, and where a
// number is divided by nothing.
func compute(f *frame, op string, a, b any) any {
	switch x := a.(type) {
	case float64:
		if y, ok := b.(float64); ok {
			return calculate(op, x, y)
		}
	case string:
		if y, ok := b.(string); ok && op == "+" && f.spendText(x) && f.spendText(y) {
			return x + y
		}
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			if op == "-" {
				return x.Sub(y)
			}
		case time.Duration:
			return x.Add(signed(op, y))
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return x + signed(op, y)
		}
	}
	return nil
}

func signed(op string, d time.Duration) time.Duration {
	if op == "-" {
		return -d
	}
	return d
}

func calculate(op string, x, y float64) any {
	var r float64
	switch op {
	case "+":
		r = x + y
	case "-":
		r = x - y
	case "*":
		r = x * y
	case "/":
		r = x / y
	case "%":
		r = math.Mod(x, y)
	}
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return nil
	}
	return r
}
