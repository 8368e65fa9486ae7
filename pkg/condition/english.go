package condition

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"rapport/pkg/journey"
)

// English is a condition as a sentence, for people who would rather not read expressions:
// "The event's total is at least 20 and the number of orders in the last 90 days is 0.".
// What has no short words is quoted as it is written. Conditions of other packages are
// quoted whole, and no condition at all is always.
func English(c journey.Condition) string {
	var parts []string
	switch c := c.(type) {
	case nil:
		return "Always."
	case conjunction:
		for _, part := range c {
			parts = append(parts, strings.TrimSuffix(English(part), "."))
		}
		for i, p := range parts[1:] {
			r, size := utf8.DecodeRuneInString(p)
			parts[i+1] = string(unicode.ToLower(r)) + p[size:]
		}
	case *condition:
		w := writer{}
		tree, err := w.parse(c.src)
		if err != nil {
			return c.src
		}
		parts = append(parts, w.says(tree, false))
	default:
		return c.String()
	}
	text := strings.Join(parts, ", and ")
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:] + "."
}

// writer turns syntax trees into words.
type writer struct{ compiler }

// quoted is a part as it is written.
func (w *writer) quoted(n ast.Node) string { return "`" + w.sourceOf(n) + "`" }

// says is what a part that is true or false says. inner tells that it stands within
// another, where either and both are needed to keep parts together.
func (w *writer) says(n ast.Node, inner bool) string {
	switch n := n.(type) {
	case *ast.PredicateNode:
		return w.says(n.Node, inner)
	case *ast.UnaryNode:
		if b, ok := negated(n); ok {
			return w.tests(b, true)
		}
		return w.denies(n.Node)
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return w.joins(n, "and", inner, "both ")
		case "or", "||":
			return w.joins(n, "or", inner, "either ")
		case "in", "contains", "startsWith", "endsWith", "matches":
			return w.tests(n, false)
		case "==", "!=", "<", "<=", ">", ">=":
			return w.compares(n)
		}
	case *ast.BuiltinNode:
		return w.list(n)
	}
	return w.state(n)
}

func (w *writer) joins(n *ast.BinaryNode, word string, inner bool, opening string) string {
	same := func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryNode)
		return ok && map[string]string{"and": "and", "&&": "and", "or": "or", "||": "or"}[b.Operator] == word
	}
	text := w.says(n.Left, !same(n.Left)) + " " + word + " " + w.says(n.Right, !same(n.Right))
	if inner {
		return opening + text
	}
	return text
}

func (w *writer) denies(n ast.Node) string {
	if p, ok := n.(*ast.PredicateNode); ok {
		n = p.Node
	}
	if text := w.state(n); strings.HasPrefix(text, "the person is ") || strings.HasPrefix(text, "the person has ") {
		return strings.Replace(strings.Replace(text, "the person is ", "the person is not ", 1), "the person has agreed", "the person has not agreed", 1)
	}
	return "it is not so that " + w.says(n, true)
}

// state is what a value says that is true or false by itself.
func (w *writer) state(n ast.Node) string {
	path := w.path(n)
	switch {
	case path == "true" || path == "false":
		return map[string]string{"true": "always", "false": "never"}[path]
	case path == "profile.known":
		return "the person is a known customer"
	case strings.HasPrefix(path, "profile.consent."):
		if channel, purpose, ok := strings.Cut(strings.TrimPrefix(path, "profile.consent."), "."); ok {
			return "the person has agreed to " + spaced(purpose) + " by " + channel
		}
	case strings.HasPrefix(path, "profile.double_opt_in."):
		if channel, purpose, ok := strings.Cut(strings.TrimPrefix(path, "profile.double_opt_in."), "."); ok {
			return "the person has agreed to " + spaced(purpose) + " by " + channel + " and confirmed it"
		}
	case path == "profile.write_less":
		return "the person is one who asked for fewer messages"
	}
	if call, ok := n.(*ast.CallNode); ok {
		if name := w.path(call.Callee); name == "profile.segment" && len(call.Arguments) == 1 {
			return "the person is in the segment " + w.value(call.Arguments[0])
		}
		if b := existsEqual(call); b != nil {
			return w.inside(w.value(b.Right), w.path(call.Callee.(*ast.MemberNode).Node), false, call)
		}
	}
	if path == "" {
		return w.quoted(n)
	}
	return w.value(n) + " is true"
}

// existsEqual recognizes list.exists(x, x == VALUE).
func existsEqual(n *ast.CallNode) *ast.BinaryNode {
	m, ok := n.Callee.(*ast.MemberNode)
	if !ok || len(n.Arguments) != 2 {
		return nil
	}
	name, ok1 := m.Property.(*ast.StringNode)
	x, ok2 := n.Arguments[0].(*ast.IdentifierNode)
	b, ok3 := n.Arguments[1].(*ast.BinaryNode)
	if !ok1 || !ok2 || !ok3 || name.Value != "exists" || b.Operator != "==" {
		return nil
	}
	if left, ok := b.Left.(*ast.IdentifierNode); !ok || left.Value != x.Value {
		return nil
	}
	return b
}

// inside says that something is in one of the profile's lists.
func (w *writer) inside(what, list string, not bool, n ast.Node) string {
	no := ""
	if not {
		no = "not "
	}
	switch list {
	case "profile.segments":
		return "the person is " + no + "in the segment " + what
	case "profile.tags":
		return "the person is " + no + "tagged " + what
	case "profile.orders.bought", "orders.bought":
		return "the person has " + no + "bought " + what
	case "":
		return w.quoted(n)
	}
	return what + " is " + no + "in " + w.named(list)
}

// tests says x in y, x contains y and so on.
func (w *writer) tests(n *ast.BinaryNode, not bool) string {
	a := w.value(n.Left)
	if n.Operator == "in" {
		if list, ok := n.Right.(*ast.ArrayNode); ok {
			return a + map[bool]string{false: " is ", true: " is neither "}[not] + w.choices(list, map[bool]string{false: "or", true: "nor"}[not])
		}
		return w.inside(a, w.path(n.Right), not, n)
	}
	words := map[string][2]string{
		"contains": {" contains ", " does not contain "}, "startsWith": {" begins with ", " does not begin with "},
		"endsWith": {" ends with ", " does not end with "}, "matches": {" matches ", " does not match "},
	}[n.Operator]
	if not {
		return a + words[1] + w.value(n.Right)
	}
	return a + words[0] + w.value(n.Right)
}

func (w *writer) choices(list *ast.ArrayNode, word string) string {
	items := make([]string, len(list.Nodes))
	for i, n := range list.Nodes {
		items[i] = w.value(n)
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + word + " " + items[last]
}

// compares says x > y. How long ago something was is said as people do.
func (w *writer) compares(n *ast.BinaryNode) string {
	if _, ok := n.Right.(*ast.NilNode); ok {
		return w.value(n.Left) + map[string]string{"==": " is not known", "!=": " is known"}[n.Operator]
	}
	words := map[string]string{
		"==": "", "!=": "not ", "<": "less than ", "<=": "at most ", ">": "more than ", ">=": "at least ",
	}[n.Operator]
	if call, ok := n.Left.(*ast.CallNode); ok && len(call.Arguments) == 1 {
		switch w.path(call.Callee) {
		case "since":
			return w.value(call.Arguments[0]) + " was " + words + w.value(n.Right) + " ago"
		case "until":
			return w.value(call.Arguments[0]) + " is " + words + w.value(n.Right) + " away"
		}
	}
	return w.value(n.Left) + " is " + words + w.value(n.Right)
}

// list says any(list, ...) and its like.
func (w *writer) list(n *ast.BuiltinNode) string {
	words := map[string]string{"any": "for any of ", "all": "for all of ", "none": "for none of ", "one": "for exactly one of "}[n.Name]
	if words == "" || len(n.Arguments) != 2 {
		return w.quoted(n)
	}
	return words + w.value(n.Arguments[0]) + ", " + w.says(n.Arguments[1], true)
}

// value names a value.
func (w *writer) value(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return strconv.Quote(n.Value)
	case *ast.IntegerNode:
		return strconv.Itoa(n.Value)
	case *ast.FloatNode:
		return strconv.FormatFloat(n.Value, 'f', -1, 64)
	case *ast.BoolNode:
		return map[bool]string{true: "true", false: "not true"}[n.Value]
	case *ast.IdentifierNode:
		if d, ok := w.prepared.lengths[n.Location().From]; ok {
			return lengthWords(d)
		}
	case *ast.PointerNode:
		return "it"
	case *ast.CallNode:
		if text := w.asked(n); text != "" {
			return text
		}
	case *ast.ChainNode:
		return w.value(n.Node)
	case *ast.MemberNode:
		if text := w.asked(n); text != "" {
			return text
		}
	}
	if path := w.path(n); path != "" {
		return w.named(path)
	}
	return w.quoted(n)
}

// lengthWords is a length of time in words.
func lengthWords(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.of; d%u.of == 0 && n > 0 {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return d.String()
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }
