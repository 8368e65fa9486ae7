package condition

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
)

func (c *compiler) comparison(n *ast.BinaryNode, at place) operand {
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
	switch op {
	case "==", "!=":
		want := op == "=="
		out.eval = func(f *frame) any {
			x, y := a.eval(f), b.eval(f)
			return x != nil && y != nil && equal(x, y) == want
		}
	default:
		accept := map[string]func(int) bool{
			"<":  func(o int) bool { return o < 0 },
			"<=": func(o int) bool { return o <= 0 },
			">":  func(o int) bool { return o > 0 },
			">=": func(o int) bool { return o >= 0 },
		}[op]
		out.eval = func(f *frame) any {
			o, ok := order(a.eval(f), b.eval(f))
			return ok && accept(o)
		}
	}
	return out
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
			return `write a length of time as duration("30d")`
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

// membership compiles x in list.
func (c *compiler) membership(n *ast.BinaryNode, at place) operand {
	a, b := c.node(n.Left), c.node(n.Right)
	if !b.is(kindList) {
		return c.fail(b.at, b.calls()+", but a list is needed after in", `such as profile.country in ["DE", "AT"]`)
	}
	if e := elementOf(b); a.kind != kindAny && e.kind != kindAny && a.kind != e.kind {
		return c.fail(at, describe(a)+" cannot be in a list of "+plural(e.kind), "")
	}
	return operand{at: at, shape: shape{kind: kindBool}, eval: func(f *frame) any {
		x := a.eval(f)
		all, _ := b.eval(f).([]any)
		if x == nil || !f.spend(len(all)) {
			return false
		}
		return slices.ContainsFunc(all, func(y any) bool { y = normal(y); return y != nil && equal(x, y) })
	}}
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
