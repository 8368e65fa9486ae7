package condition

import (
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/schedule"
)

// functionNames are all functions, for suggestions.
func functionNames() []string {
	return []string{
		"any", "all", "none", "one", "count", "filter", "map", "sum", "len", "first", "last", "min", "max",
		"lower", "upper", "trim", "abs", "round", "floor", "ceil", "since", "until", "age", "days", "hours", "duration", "events",
	}
}

// call compiles a function.
func (c *compiler) call(name string, args []ast.Node, at place) operand {
	args, named := c.split(args)
	for _, n := range named {
		c.fail(n.at, name+" takes no named values", "two values are compared with ==")
	}
	switch name {
	case "any", "all", "none", "one", "count", "filter", "map", "sum":
		return c.listFunction(name, args, at)
	case "events":
		return c.events(args, at)
	case "now":
		return c.fail(at, "now is a value, not a function", "write now without brackets")
	case "today", "hour", "weekday", "month", "orders", "messages":
		return c.fail(at, name+" is not a function", "write "+name+" without brackets")
	case "date", "timezone":
		return c.fail(at, "there is no function "+name, `a time is written as a text: "2026-03-02T09:00:00Z"`)
	case "min", "max":
		return c.extreme(name, args, at)
	case "len", "first", "last", "lower", "upper", "trim", "abs", "round", "floor", "ceil", "since", "until", "age", "days", "hours", "duration":
	default:
		return c.fail(at, "there is no function "+name, spelling.DidYouMean(name, functionNames()))
	}
	if len(args) != 1 {
		return c.fail(at, fmt.Sprintf("%s takes one value, not %d", name, len(args)), "")
	}
	switch name {
	case "len", "first", "last":
		return c.ofList(name, args[0], at)
	case "lower", "upper", "trim":
		return c.ofText(name, args[0], at)
	case "since", "until":
		return c.passed(name, args[0], at)
	case "days", "hours":
		return c.units(name, args[0], at)
	case "age":
		return c.age(args[0], at)
	case "duration":
		return c.duration(args[0], at)
	}
	round := map[string]func(float64) float64{"abs": math.Abs, "round": math.Round, "floor": math.Floor, "ceil": math.Ceil}[name]
	o := c.numeric(args[0])
	return operand{at: at, shape: shape{kind: kindNumber}, eval: func(f *frame) any {
		if v, ok := o.eval(f).(float64); ok {
			return round(v)
		}
		return nil
	}}
}

func (c *compiler) ofText(name string, arg ast.Node, at place) operand {
	change := map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper, "trim": strings.TrimSpace}[name]
	o := c.textual(arg)
	return operand{at: at, shape: shape{kind: kindText}, eval: func(f *frame) any {
		if s, ok := o.eval(f).(string); ok && f.spendText(s) {
			return change(s)
		}
		return nil
	}}
}

func (c *compiler) ofList(name string, arg ast.Node, at place) operand {
	o := c.node(arg)
	if name == "len" {
		if !o.is(kindList) && !o.is(kindText) {
			return c.fail(o.at, o.calls()+", but len counts a list or the letters of a text", "")
		}
		return operand{at: at, shape: shape{kind: kindNumber}, eval: func(f *frame) any {
			switch v := o.eval(f).(type) {
			case []any:
				return float64(len(v))
			case nil:
				if o.kind != kindText { // A missing list is empty, a missing text is no text.
					return 0.0
				}
			case string:
				if f.spendText(v) {
					return float64(len([]rune(v)))
				}
			}
			return nil
		}}
	}
	if !o.is(kindList) {
		return c.fail(o.at, o.calls()+", but a list is needed here", "")
	}
	s := elementOf(o)
	return operand{at: at, name: name + "(" + o.name + ")", shape: s, eval: func(f *frame) any {
		all, _ := o.eval(f).([]any)
		switch {
		case len(all) == 0:
			return nil
		case name == "first":
			return as(s.kind, all[0])
		}
		return as(s.kind, all[len(all)-1])
	}}
}

// extreme is the smallest or greatest of several numbers; missing when one of them is.
func (c *compiler) extreme(name string, args []ast.Node, at place) operand {
	if len(args) < 2 {
		return c.fail(at, name+" compares two or more numbers", "such as "+name+"(event.total, 100)")
	}
	of := make([]operand, len(args))
	for i, a := range args {
		of[i] = c.numeric(a)
	}
	pick := math.Min
	if name == "max" {
		pick = math.Max
	}
	return operand{at: at, shape: shape{kind: kindNumber}, eval: func(f *frame) any {
		best, ok := of[0].eval(f).(float64)
		for _, o := range of[1:] {
			v, there := o.eval(f).(float64)
			best, ok = pick(best, v), ok && there
		}
		if !ok {
			return nil
		}
		return best
	}}
}

func (c *compiler) duration(arg ast.Node, at place) operand {
	o := c.node(arg)
	text, _ := o.fixed.(string)
	d, err := schedule.ParseDuration(text)
	if err != nil {
		return c.fail(o.at, "this is not a length of time", "write whole numbers with w, d, h, m or s: 30d, or 1d12h")
	}
	return literal(at, kindDuration, d)
}

// listFunction compiles a function that looks at each element of a list.
func (c *compiler) listFunction(name string, args []ast.Node, at place) operand {
	if len(args) == 0 {
		return c.fail(at, name+" needs a list", "such as "+name+"(event.products, .price > 30)")
	}
	from := c.node(args[0])
	if !from.is(kindList) {
		return c.fail(from.at, from.calls()+", but "+name+" needs a list", "")
	}
	if name == "count" && len(args) == 1 {
		return c.fail(at, "count needs to know what to count", "such as count("+from.name+", .price > 30); len("+from.name+") counts all")
	}
	body := operand{shape: elementOf(from), eval: func(f *frame) any { return normal(f.items[len(f.items)-1]) }}
	if len(args) > 1 {
		body = c.perItem(name, "", from, args[1])
	}
	if name == "sum" && !body.is(kindNumber) {
		return c.fail(body.at, "sum adds numbers, but "+body.calls(), "")
	}
	out := operand{at: at, shape: shape{kind: kindBool}, eval: fold(name, from.eval, body.eval)}
	switch name {
	case "count", "sum":
		out.shape = shape{kind: kindNumber}
	case "filter":
		out.shape = list(elementOf(from))
	case "map":
		out.shape = list(body.shape)
	}
	return out
}

// perItem compiles what a list function asks of each element, which may have a name there.
func (c *compiler) perItem(function, name string, from operand, body ast.Node) operand {
	c.items = append(c.items, item{elementOf(from), name})
	defer func() { c.items = c.items[:len(c.items)-1] }()
	if function == "map" || function == "sum" {
		return c.still(c.node(body))
	}
	return c.truthful(body)
}

// itemFunctions are the list functions that can be asked of a list, by what they are called
// there.
func itemFunctions() map[string]string {
	return map[string]string{"exists": "any", "any": "any", "all": "all", "none": "none", "one": "one", "count": "count"}
}

// ofItems compiles list.exists(x, x.price > 3) and its like: a list function that is asked
// of a list, or of what may be one, with a name for the element.
func (c *compiler) ofItems(from operand, method string, args []ast.Node, at place) operand {
	function := itemFunctions()[method]
	if function == "" {
		return c.fail(at, "there is no function "+method+" of lists", spelling.DidYouMean(method, []string{"exists", "all", "none", "one", "count"}))
	}
	variable, ok := (*ast.IdentifierNode)(nil), len(args) == 2
	if ok {
		variable, ok = args[0].(*ast.IdentifierNode)
	}
	if !ok {
		return c.fail(at, method+" needs a name for an element, and what to ask of it", "such as profile.segments."+method+`(s, s == "vip")`)
	}
	body := c.perItem(function, variable.Value, from, args[1])
	out := operand{at: at, shape: shape{kind: kindBool}, eval: fold(function, from.eval, body.eval)}
	if function == "count" {
		out.shape = shape{kind: kindNumber}
	}
	return out
}

// fold runs a list function. A missing list is empty: all of its elements are anything, and
// none is counted.
func fold(name string, from, body eval) eval {
	return func(f *frame) any {
		all, _ := from(f).([]any)
		var kept []any
		hits, sum := 0, 0.0
		f.items = append(f.items, nil)
		for _, item := range all {
			if !f.spend(1) {
				break
			}
			f.items[len(f.items)-1] = item
			v := body(f)
			switch {
			case name == "map":
				kept = append(kept, v)
			case name == "sum":
				n, _ := as(kindNumber, v).(float64)
				sum += n
			case truth(v):
				hits++
				if name == "filter" {
					kept = append(kept, item)
				}
			}
		}
		f.items = f.items[:len(f.items)-1]
		switch name {
		case "any":
			return hits > 0
		case "all":
			return hits == len(all)
		case "none":
			return hits == 0
		case "one":
			return hits == 1
		case "count":
			return float64(hits)
		case "sum":
			return sum
		}
		return kept
	}
}
