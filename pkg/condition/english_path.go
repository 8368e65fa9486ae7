package condition

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// path is a chain of names as text; empty for anything else.
func (w *writer) path(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.BoolNode:
		return map[bool]string{true: "true", false: "false"}[n.Value]
	case *ast.ChainNode:
		return w.path(n.Node)
	case *ast.MemberNode:
		base := w.path(n.Node)
		if _, ok := n.Node.(*ast.PointerNode); ok {
			base = "#"
		}
		if name, ok := n.Property.(*ast.StringNode); ok && base != "" {
			return base + "." + name.Value
		}
	}
	return ""
}

// named is what a path is called.
func (w *writer) named(path string) string {
	root, rest, ok := strings.Cut(path, ".")
	if !ok {
		return spaced(path)
	}
	last := spaced(rest[strings.LastIndexByte(rest, '.')+1:])
	switch {
	case root == "#":
		return "its " + spaced(rest)
	case root == "event":
		return "the event's " + spaced(rest)
	case root == "trigger":
		return "the " + spaced(rest) + " of the event that entered"
	case root == "sent":
		step, what, _ := strings.Cut(rest, ".")
		if what == "" {
			return "the message of step " + step
		}
		return "the " + map[string]string{"at": "time", "id": "id"}[what] + " of the message of step " + step
	case strings.HasPrefix(path, "profile.predicted."):
		return "the predicted " + last
	case strings.HasPrefix(path, "profile.loyalty."):
		return "the person's loyalty " + last
	case root == "orders" || strings.HasPrefix(path, "profile.orders."):
		return orderWords(last)
	case root == "profile":
		return "the person's " + spaced(strings.TrimPrefix(rest, "traits."))
	}
	return "`" + path + "`"
}

func orderWords(name string) string {
	switch name {
	case "refunds":
		return "the number of refunds"
	case "refunded":
		return "the sum of refunds"
	case "total":
		return "the sum of all orders"
	case "first at":
		return "the first order"
	case "last at":
		return "the last order"
	}
	return "the orders' " + name
}

// asked names what is asked of past events: the number of orders in the last 90 days.
// Empty for anything else.
func (w *writer) asked(n ast.Node) string {
	m, args := n, []ast.Node(nil)
	if call, ok := n.(*ast.CallNode); ok {
		m, args = call.Callee, call.Arguments
	}
	member, ok := m.(*ast.MemberNode)
	if !ok {
		return ""
	}
	name, ok := member.Property.(*ast.StringNode)
	if !ok {
		return ""
	}
	if !slices.Contains(aggregateNames(), name.Value) {
		if inner, ok := member.Node.(*ast.MemberNode); ok && args == nil {
			if edge, ok := inner.Property.(*ast.StringNode); ok && edge.Value == "last" && w.events(inner.Node) != "" {
				return "the " + spaced(name.Value) + " of " + w.asked(inner)
			}
		}
		return ""
	}
	of := w.events(member.Node)
	if of == "" || name.Value == "where" {
		return ""
	}
	return w.askedOf(name.Value, of, args)
}

func (w *writer) askedOf(name, of string, args []ast.Node) string {
	plain, named := w.split(args)
	property := ""
	if name != "count" && len(plain) > 0 {
		property = spaced(strings.Trim(w.sourceOf(plain[0]), `"`))
		plain = plain[1:]
	}
	for _, n := range plain {
		of += " where " + w.says(n, true)
	}
	for _, n := range named {
		switch n.name {
		case "last":
			of += " in the last " + w.value(n.value)
		case "since":
			of += " since " + w.value(n.value)
		default:
			of += " with " + spaced(n.name) + " " + w.value(n.value)
		}
	}
	switch name {
	case "count":
		return "the number of " + of
	case "sum":
		return "the sum of " + property + " of " + of
	case "avg":
		return "the average " + property + " of " + of
	case "min":
		return "the smallest " + property + " of " + of
	case "max":
		return "the greatest " + property + " of " + of
	case "distinct":
		return "the number of different values of " + property + " of " + of
	}
	return "the " + name + " " + singular(of)
}

// singular is one of many events: order for orders.
func singular(of string) string {
	for _, many := range []string{"orders", "messages", " events"} {
		if before, after, ok := strings.Cut(of, many); ok {
			return before + strings.TrimSuffix(many, "s") + after
		}
	}
	return of
}

// events names past events: orders, messages, "product.viewed" events; empty for anything
// else.
func (w *writer) events(n ast.Node) string {
	switch path := w.path(n); path {
	case "orders", "profile.orders":
		return "orders"
	case "messages":
		return "messages sent"
	default:
		if of, ok := strings.CutPrefix(path, "messages."); ok && !slices.Contains(aggregateNames(), of) {
			return "messages " + of
		}
	}
	call, ok := n.(*ast.CallNode)
	if !ok {
		return ""
	}
	if w.path(call.Callee) == "events" && len(call.Arguments) == 1 {
		return w.value(call.Arguments[0]) + " events"
	}
	m, ok := call.Callee.(*ast.MemberNode)
	if !ok || len(call.Arguments) != 1 {
		return ""
	}
	if name, ok := m.Property.(*ast.StringNode); ok && name.Value == "where" {
		if of := w.events(m.Node); of != "" {
			return of + " where " + w.says(call.Arguments[0], true)
		}
	}
	return ""
}
