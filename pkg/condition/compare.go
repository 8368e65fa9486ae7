package condition

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/schedule"
)

func (c *compiler) comparison(n *ast.BinaryNode, at place) operand {
	if c.prepared.named[at.from] {
		return c.fail(at, "did not expect = here", "two values are compared with ==")
	}
	a, b := c.node(n.Left), c.node(n.Right)
	op := n.Operator
	out := operand{at: at, shape: shape{kind: kindBool}}
	if a.kind == kindNil || b.kind == kindNil {
		return c.presence(op, a, b, at)
	}
	a, b = c.timely(a, b), c.timely(b, a)
	if !mayCompare(op, a, b) {
		return c.fail(at, fmt.Sprintf("%s and %s cannot be compared with %s", describe(a), describe(b), op), comparisonHint(a, b))
	}
	c.oneOf(a, b)
	c.oneOf(b, a)
	accept := accepts(op)
	switch {
	case a.moving || b.moving:
		c.deps.Time = true
		out.eval = func(f *frame) any { return f.cross(&a, &b, accept) }
	case op == "==" && isText(a, b) != nil:
		out.eval = isText(a, b)
	case op == "==" || op == "!=":
		want := op == "=="
		out.eval = func(f *frame) any {
			x, y := a.eval(f), b.eval(f)
			return x != nil && y != nil && equal(x, y) == want
		}
	default:
		out.eval = func(f *frame) any {
			o, ok := order(a.eval(f), b.eval(f))
			return ok && accept(o)
		}
	}
	if a.fixed != nil && b.fixed != nil {
		c.warn(at, fmt.Sprintf("this is always %v: both sides are written out", out.eval(&frame{})), "")
	}
	return out
}

// accepts tells which orders of two values an operator holds for.
func accepts(op string) func(order int) bool {
	switch op {
	case "==":
		return func(o int) bool { return o == 0 }
	case "!=":
		return func(o int) bool { return o != 0 }
	case "<":
		return func(o int) bool { return o < 0 }
	case "<=":
		return func(o int) bool { return o <= 0 }
	case ">":
		return func(o int) bool { return o > 0 }
	}
	return func(o int) bool { return o >= 0 }
}

// oneOf refuses a text that is written out and is none of those that the other may be.
func (c *compiler) oneOf(o, with operand) {
	text, ok := o.fixed.(string)
	if ok && with.values != nil && !slices.Contains(with.values, text) {
		c.fail(o.at, cmp.Or(with.name, "this")+" is never "+strconv.Quote(text), spelling.DidYouMean(text, with.values))
	}
}

// presence compiles x == nil and x != nil: the one comparison that asks about missing
// values.
func (c *compiler) presence(op string, a, b operand, at place) operand {
	o := a
	if a.kind == kindNil {
		o = b
	}
	if op != "==" && op != "!=" {
		return c.fail(at, "nothing is greater or smaller than nil", "ask with == nil or != nil whether it is there")
	}
	want := op == "=="
	return operand{at: at, shape: shape{kind: kindBool}, eval: func(f *frame) any { return (o.eval(f) == nil) == want }}
}

// timely reads a text that is written out and compared with a time as one.
func (c *compiler) timely(o, with operand) operand {
	text, ok := o.fixed.(string)
	if !ok || with.kind != kindTime {
		return o
	}
	t := instant(text)
	if t == nil {
		return c.fail(o.at, "this text is not a time", `write "2026-03-02" or "2026-03-02T09:00:00Z"`)
	}
	return literal(o.at, kindTime, t)
}

// mayCompare reports whether two operands may ever compare.
func mayCompare(op string, a, b operand) bool {
	if a.kind == kindAny || b.kind == kindAny {
		return true
	}
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case kindNumber, kindText, kindTime, kindDuration:
		return true
	case kindBool:
		return op == "==" || op == "!="
	}
	return false
}

func describe(o operand) string {
	switch v := o.fixed.(type) {
	case string:
		return fmt.Sprintf("the text %q", v)
	case float64:
		return fmt.Sprintf("the number %v", v)
	case time.Duration:
		return "the length of time " + schedule.FormatDuration(v)
	}
	if o.name != "" {
		return o.name + " (" + o.words() + ")"
	}
	return o.words()
}

func comparisonHint(a, b operand) string {
	for _, o := range []operand{a, b} {
		if text, ok := o.fixed.(string); ok && number(text) != nil && (a.kind == kindNumber || b.kind == kindNumber) {
			return "write the number without quotes: " + text
		}
		if o.kind == kindList && o.name != "" {
			return "ask whether a value is in it (value in " + o.name + "), or any(" + o.name + ", ...)"
		}
	}
	for _, o := range []operand{a, b} {
		if o.kind == kindDuration {
			return "write a length of time with its unit: 30d"
		}
		if v, ok := o.fixed.(float64); ok && (a.kind == kindText || b.kind == kindText) {
			return fmt.Sprintf(`write a text in quotes: "%v"`, v)
		}
	}
	return ""
}

// equal compares two values that are there. A number equals a text that spells it: shops
// send amounts either way.
func equal(a, b any) bool {
	switch x := a.(type) {
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case []any, map[string]any:
		return false
	}
	o, ok := order(a, b)
	return ok && o == 0
}

// order compares two values; ok is false when one is missing or the kinds do not go
// together.
func order(a, b any) (o int, ok bool) {
	switch x := a.(type) {
	case float64:
		if y, ok := as(kindNumber, b).(float64); ok {
			return cmp.Compare(x, y), true
		}
	case string:
		switch y := b.(type) {
		case string:
			return cmp.Compare(x, y), true
		case float64:
			if x, ok := number(x).(float64); ok {
				return cmp.Compare(x, y), true
			}
		case time.Time:
			if x, ok := instant(x).(time.Time); ok {
				return x.Compare(y), true
			}
		}
	case time.Time:
		if y, ok := as(kindTime, b).(time.Time); ok {
			return x.Compare(y), true
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return cmp.Compare(x, y), true
		}
	}
	return 0, false
}

// membership compiles x in list, and x not in list: false for a missing x either way.
func (c *compiler) membership(n *ast.BinaryNode, at place, want bool) operand {
	a, b := c.still(c.node(n.Left)), c.node(n.Right)
	if !b.is(kindList) {
		return c.fail(b.at, b.calls()+", but a list is needed after in", `such as profile.country in ["DE", "AT"]`)
	}
	e := elementOf(b)
	if a.kind != kindAny && e.kind != kindAny && a.kind != e.kind {
		return c.fail(at, describe(a)+" cannot be in a list of "+plural(e.kind), "")
	}
	c.oneOf(a, operand{shape: e, name: b.name})
	if written, ok := n.Right.(*ast.ArrayNode); ok {
		for i, v := range fixedList(b) {
			c.oneOf(operand{at: placeOf(written.Nodes[i]), fixed: v}, a)
		}
	}
	return operand{at: at, shape: shape{kind: kindBool}, eval: func(f *frame) any {
		x := a.eval(f)
		all, _ := b.eval(f).([]any)
		if x == nil || !f.spend(len(all)) {
			return false
		}
		return want == slices.ContainsFunc(all, func(y any) bool { y = normal(y); return y != nil && equal(x, y) })
	}}
}

// fixedList are the elements of a list that is written out.
func fixedList(o operand) []any {
	all, _ := o.fixed.([]any)
	return all
}

func plural(k kind) string {
	switch k {
	case kindNumber:
		return "numbers"
	case kindText:
		return "texts"
	case kindTime:
		return "times"
	}
	return "such values"
}
