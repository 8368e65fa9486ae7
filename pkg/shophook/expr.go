package shophook

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"rapport/pkg/condition/spelling"
)

// The bounds of an expression, which keep a file readable rather than a machine alive.
const (
	maxSource = 2000 // characters
	maxNodes  = 300
)

// Expr is an expression over a delivery, checked. It is immutable.
type Expr struct {
	text string
	at   string // its place, "sources/shopify.yaml:12", for errors while it is evaluated
	root ast.Node
	// heads reports that it reads headers, which most schemes do not sign.
	heads bool
	// calls are the functions that it calls; those of loops do nothing by themselves.
	calls map[string]function
}

// String is the expression as it was written.
func (e *Expr) String() string { return e.text }

// Error is a mistake in an expression, at a place within it.
type Error struct {
	Line, Col int // in characters, from 1
	Width     int // at least 1
	Message   string
	Hint      string // what to do; may be empty
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Message)
	}
	return fmt.Sprintf("%d:%d: %s (%s)", e.Line, e.Col, e.Message, e.Hint)
}

// Roots are the names that every expression may begin with.
func Roots() []string { return []string{"body", "topic", "delivery", "received"} }

// Compile checks an expression. at says where it stands, and names are what it may begin with
// beside Roots. The error is an *Error.
func Compile(text, at string, names ...string) (*Expr, error) {
	c := &checker{text: text, names: append(Roots(), names...), calls: map[string]function{}}
	if n := utf8.RuneCountInString(text); n > maxSource {
		return nil, c.errorAt(0, 1, fmt.Sprintf("the expression has %d characters, at most %d are allowed", n, maxSource), "give parts of it names in let:")
	}
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	config.DisableIfOperator = true
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, c.syntax(err)
	}
	c.node(tree.Node)
	if c.err != nil {
		return nil, c.err
	}
	return &Expr{text: text, at: at, root: tree.Node, heads: c.heads, calls: c.calls}, nil
}

// syntax puts an error of the parser into our words, at its place.
func (c *checker) syntax(err error) error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return c.errorAt(0, 1, err.Error(), "")
	}
	message, hint := fe.Message, ""
	switch {
	case strings.TrimSpace(c.text) == "":
		message, hint = "the expression is empty", "name something of the body, such as body.id"
	case strings.HasPrefix(message, "unexpected token EOF"), strings.HasPrefix(message, "unexpected end"):
		message, hint = "the expression ends too early", "something is missing after this: a value, or a closing bracket"
	case strings.Contains(message, `("=")`):
		message, hint = "did not expect = here", "two values are compared with =="
	case strings.Contains(message, "maximum allowed nodes"):
		message, hint = "the expression is too large", "give parts of it names in let:"
	case strings.HasPrefix(message, "unexpected token"):
		message, hint = "did not expect this here", "texts stand in quotes: \"like this\"; parts of the body begin with body."
	case message == "expected name":
		message, hint = "a name is missing before this", "such as body.id"
	case strings.HasPrefix(message, "literal not terminated"):
		message, hint = "the text is not closed", `put a quote at its end: "like this"`
	}
	return c.errorAt(fe.From, max(1, fe.To-fe.From), message, hint)
}

// checker walks an expression before it is ever evaluated.
type checker struct {
	text  string
	names []string
	err   error
	inner int // how many predicates surround the node
	heads bool
	calls map[string]function
}

func (c *checker) errorAt(from, width int, message, hint string) error {
	runes := []rune(c.text)
	from = max(0, min(from, len(runes)-1))
	before := string(runes[:min(from, len(runes))])
	line := strings.Count(before, "\n") + 1
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &Error{Line: line, Col: col, Width: max(1, width), Message: message, Hint: hint}
}

func (c *checker) fail(n ast.Node, message, hint string) {
	if c.err == nil {
		l := n.Location()
		c.err = c.errorAt(l.From, l.To-l.From, message, hint)
	}
}

func (c *checker) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
	case *ast.IdentifierNode:
		if !slices.Contains(c.names, n.Value) {
			c.fail(n, "there is no "+n.Value, c.unknown(n.Value))
		}
	case *ast.PointerNode:
		if c.inner == 0 || n.Name != "" {
			c.fail(n, "there is no element to speak of here", "a point or # alone stands within map, filter, any, all, none, one, count, sum and find")
		}
	case *ast.UnaryNode:
		c.node(n.Node)
	case *ast.BinaryNode:
		if !slices.Contains(operators(), n.Operator) {
			c.fail(n, "the operator "+n.Operator+" is not supported", spelling.OneOf(operators()))
		}
		c.node(n.Left)
		c.node(n.Right)
	case *ast.ChainNode:
		c.node(n.Node)
	case *ast.MemberNode:
		c.node(n.Node)
		c.node(n.Property)
	case *ast.ConditionalNode:
		c.node(n.Cond)
		c.node(n.Exp1)
		c.node(n.Exp2)
	case *ast.ArrayNode:
		for _, item := range n.Nodes {
			c.node(item)
		}
	case *ast.BuiltinNode:
		c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		name, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			c.fail(n, "values have no functions", "write the function first: lower(body.email)")
			return
		}
		c.call(n, name.Value, n.Arguments)
	case *ast.PredicateNode:
		c.inner++
		c.node(n.Node)
		c.inner--
	default:
		c.fail(n, "this is not supported in expressions over a body", "")
	}
}

// unknown says what may have been meant by a name.
func (c *checker) unknown(name string) string {
	if near := spelling.Nearest(name, c.names); near != "" {
		return "did you mean " + near + "?"
	}
	if _, ok := functions()[name]; ok {
		return name + " is a function: write " + name + "(...)"
	}
	return fmt.Sprintf("parts of the body begin with body, such as body.%s; a text stands in quotes", name)
}

func (c *checker) call(n ast.Node, name string, args []ast.Node) {
	f, known := functions()[name]
	if least, ok := loops()[name]; ok {
		if len(args) < least {
			c.fail(n, name+" needs a question about the elements", "such as "+name+"(body.line_items, .price != nil)")
			return
		}
	} else if !known {
		c.fail(n, "there is no function "+name, spelling.DidYouMean(name, slices.Sorted(maps.Keys(functions()))))
		return
	} else if len(args) < f.least || len(args) > f.most {
		c.fail(n, fmt.Sprintf("%s takes other arguments", name), "write "+f.usage)
		return
	}
	c.calls[name] = f
	c.heads = c.heads || name == "header"
	for _, arg := range args {
		c.node(arg)
	}
}

// operators are the binary ones.
func operators() []string {
	return []string{"==", "!=", "<", "<=", ">", ">=", "and", "or", "&&", "||", "+", "-", "*", "in", "contains", "startsWith", "endsWith", "??"}
}

// loops are the functions that ask something about each element of a list, and how many
// arguments they need.
func loops() map[string]int {
	return map[string]int{"map": 2, "filter": 2, "any": 2, "all": 2, "none": 2, "one": 2, "count": 1, "sum": 1, "find": 2}
}
