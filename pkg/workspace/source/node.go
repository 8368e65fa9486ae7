package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Kind says what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota
	Text
	Number
	Bool
	List
	Map
)

// String names a kind to people.
func (k Kind) String() string {
	return [...]string{"nothing", "a text", "a number", "true or false", "a list", "a mapping"}[k]
}

// Node is a value in a YAML file.
type Node struct {
	File  *File
	Kind  Kind
	Value string // of a text, a number or a truth, as written but for quotes
	Place Place
	Items []*Node // of a list
	Pairs []Pair  // of a map, each key once, in the file's order
}

// Pair is one entry of a map.
type Pair struct {
	Key   string
	At    Place // of the key
	Value *Node
}

// Scalar reports whether the node is a text, a number or a truth.
func (n *Node) Scalar() bool { return n.Kind == Text || n.Kind == Number || n.Kind == Bool }

// Get is the value under a key; nil when there is none.
func (n *Node) Get(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// Holds reports whether a place, of a key or a value, is that of the node or lies in it.
func (n *Node) Holds(line, col int) bool {
	at := func(p Place) bool { return p.Line == line && p.Col == col }
	if at(n.Place) || slices.ContainsFunc(n.Items, func(item *Node) bool { return item.Holds(line, col) }) {
		return true
	}
	return slices.ContainsFunc(n.Pairs, func(p Pair) bool { return at(p.At) || p.Value.Holds(line, col) })
}

// Within is the place in the file of a place inside the node's text, both from 1.
func (n *Node) Within(line, col, width int) Place {
	at, ok := n.File.within(n.Place, n.Value, line, col)
	if !ok {
		return n.Place
	}
	at.Width = width
	return at
}

// Canonical is the node's content without comments, order of keys or layout: two nodes
// that mean the same have the same canonical text.
func (n *Node) Canonical() string {
	var b strings.Builder
	n.canonical(&b)
	return b.String()
}

func (n *Node) canonical(b *strings.Builder) {
	switch n.Kind {
	case List:
		b.WriteByte('[')
		for _, item := range n.Items {
			item.canonical(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		for _, p := range sorted(n.Pairs) {
			b.WriteString(strconv.Quote(p.Key) + ":")
			p.Value.canonical(b)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		b.WriteString(strconv.Itoa(int(n.Kind)) + strconv.Quote(n.Value))
	}
}

// converter turns the parser's tree into Nodes and reports what is not allowed.
type converter struct {
	file   *File
	report *Report
}

func (c *converter) node(n ast.Node, depth int) *Node {
	out := &Node{File: c.file, Place: c.place(n.GetToken())}
	if depth > maxDepth {
		c.report.At(c.file, out.Place, fmt.Sprintf("lists and mappings are nested deeper than %d", maxDepth), "")
		return out
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.Kind, out.Value = Text, n.Value
		c.find(out)
	case *ast.LiteralNode:
		out.Kind, out.Value = Text, n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Value = Number, n.GetToken().Value
	case *ast.BoolNode:
		out.Kind, out.Value = Bool, n.GetToken().Value
	case *ast.SequenceNode:
		out.Kind = List
		for _, item := range n.Values {
			out.Items = append(out.Items, c.node(item, depth+1))
		}
	case *ast.MappingNode:
		c.mapping(out, n.Values, depth)
	case *ast.MappingValueNode:
		c.mapping(out, []*ast.MappingValueNode{n}, depth)
	case *ast.AnchorNode, *ast.AliasNode:
		c.report.At(c.file, out.Place, "anchors and aliases (& and *) are not supported", "write the value out; a text that begins with one needs quotes")
	case *ast.TagNode:
		c.report.At(c.file, out.Place, "tags (!) are not supported", "leave it out; a text that begins with ! needs quotes")
	default:
		c.report.At(c.file, out.Place, "this form of YAML is not supported", "")
	}
	return out
}

func (c *converter) mapping(out *Node, values []*ast.MappingValueNode, depth int) {
	out.Kind = Map
	seen := make(map[string]bool, len(values))
	for i, v := range values {
		at := c.place(v.Key.GetToken())
		key, ok := v.Key.(ast.ScalarNode)
		if _, merge := v.Key.(*ast.MergeKeyNode); merge || !ok {
			c.report.At(c.file, at, "merge keys (<<) and keys that are no words are not supported", "write the entries out")
			continue
		}
		if i == 0 {
			out.Place = at
		}
		name := key.GetToken().Value
		if seen[name] {
			c.report.At(c.file, at, name+": is here twice", "keep one of them")
			continue
		}
		seen[name] = true
		out.Pairs = append(out.Pairs, Pair{Key: name, At: at, Value: c.node(v.Value, depth+1)})
	}
}

func (c *converter) place(t *token.Token) Place {
	width := utf8.RuneCountInString(strings.TrimSpace(firstLine(strings.TrimLeft(t.Origin, " \n"))))
	return Place{Line: t.Position.Line, Col: t.Position.Column, Width: max(1, width)}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// find corrects the place of a text that runs over several lines, of which the parser
// sometimes gives the end.
func (c *converter) find(n *Node) {
	first, _, _ := strings.Cut(strings.TrimLeft(n.Value, " \n"), " ")
	if first == "" || n.Place.Line > len(c.file.lines) {
		return
	}
	for line := n.Place.Line; line >= max(1, n.Place.Line-50); line-- {
		from := 0
		if at := offset(c.file.lines[line-1], n.Place.Col); line == n.Place.Line && at < len(c.file.lines[line-1]) {
			from = at
			if rest := c.file.lines[line-1][from:]; rest[0] == '"' || rest[0] == '\'' {
				return
			}
		}
		if i := strings.Index(c.file.lines[line-1][from:], firstLine(first)); i >= 0 {
			n.Place.Line, n.Place.Col = line, utf8.RuneCountInString(c.file.lines[line-1][:from+i])+1
			return
		}
	}
}

// offset is where a column of a line begins, in bytes; the line's length beyond its end.
func offset(line string, col int) int {
	for i := range line {
		if col--; col <= 0 {
			return i
		}
	}
	return len(line)
}

func sorted(pairs []Pair) []Pair {
	out := slices.Clone(pairs)
	slices.SortStableFunc(out, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return out
}
