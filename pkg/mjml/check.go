package mjml

import (
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// document is a tree that was put together and checked.
type document struct {
	mjml          *node
	before, after []*node // Liquid around <mjml>, which stays around the HTML
}

// assemble finds the document in what a file holds, and checks what MJML does not.
func assemble(root *node, heads []*node, r *report) *document {
	d := &document{}
	for _, n := range root.children {
		switch {
		case n.kind == elementNode && n.name == "mjml" && d.mjml == nil:
			d.mjml = n
		case n.kind == elementNode:
			r.fail(n.src, n.at, n.open, "<"+n.name+"> stands outside of <mjml>", "a document is <mjml><mj-head>...</mj-head><mj-body>...</mj-body></mjml>")
		case n.kind == liquidNode && d.mjml == nil:
			d.before = append(d.before, n)
		case n.kind == liquidNode:
			d.after = append(d.after, n)
		}
	}
	if d.mjml == nil {
		if len(r.errors) == 0 {
			r.fail(root.src, 0, 1, "there is no <mjml>", "a document is <mjml><mj-body>...</mj-body></mjml>")
		}
		return d
	}
	d.addHeads(heads)
	if !slices.ContainsFunc(d.mjml.children, func(n *node) bool { return n.name == "mj-body" }) {
		r.fail(d.mjml.src, d.mjml.at, d.mjml.open, "there is no <mj-body>", "what is to be read stands in <mjml><mj-body>...</mj-body></mjml>")
	}
	c := checker{r}
	c.sequence(slices.Concat(d.before, d.after), "the file outside of <mjml>")
	c.node(d.mjml)
	return d
}

// addHeads puts what included files have in their heads at the end of the document's.
func (d *document) addHeads(heads []*node) {
	if len(heads) == 0 {
		return
	}
	i := slices.IndexFunc(d.mjml.children, func(n *node) bool { return n.name == "mj-head" })
	if i < 0 {
		head := &node{src: d.mjml.src, name: "mj-head", at: d.mjml.at, open: d.mjml.open, parent: d.mjml}
		d.mjml.children, i = slices.Insert(d.mjml.children, 0, head), 0
	}
	head := d.mjml.children[i]
	for _, n := range heads {
		n.parent = head
	}
	head.children = append(head.children, heads...)
}

// checker looks at what concerns Liquid: MJML knows nothing of it.
type checker struct{ *report }

// sequence checks the blocks of the Liquid that stands among elements.
func (c checker) sequence(nodes []*node, where string) {
	var tokens []piece
	var from []*source
	for _, n := range nodes {
		if n.kind == liquidNode {
			tokens, from = append(tokens, n.pieces...), append(from, n.src)
		}
	}
	c.balance(func(i int) *source { return from[i] }, tokens, where)
}

func (c checker) node(n *node) {
	for _, a := range n.attrs {
		c.attribute(n, a)
	}
	c.within(n)
	c.sequence(n.children, "<"+n.name+">")
	c.columns(n)
	for _, child := range n.children {
		switch child.kind {
		case elementNode:
			c.node(child)
		case commentNode:
			c.pieces(child.src, child.pieces, "this comment")
		case liquidNode:
			c.allowed(n, child)
		}
	}
}

// within checks the Liquid in an element's HTML.
func (c checker) within(n *node) {
	c.pieces(n.src, n.pieces, "<"+n.name+">")
	if n.name != "mj-style" || !strings.Contains(n.value("inline"), "inline") {
		return
	}
	for _, p := range n.pieces {
		if p.tag != "" {
			c.fail(n.src, p.at, p.end, "{% "+p.tag+" %} cannot choose rules that are put into style attributes when the template is compiled", "leave out inline=\"inline\", or give the elements different classes in {% if %}")
		}
	}
}

func (c checker) pieces(src *source, pieces []piece, where string) {
	tokens := slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return !p.liquid })
	c.balance(func(int) *source { return src }, tokens, where)
}

// allowed checks that Liquid may stand among the children of an element: where mj-raw may.
func (c checker) allowed(parent, n *node) {
	t := n.pieces[0]
	switch children := c.table[parent.name].Children; {
	case parent.unknown:
	case parent.name == "mjml" || parent.name == "mj-head":
		c.fail(n.src, t.at, t.end, "Liquid in <"+parent.name+"> would not reach the mail in its place", "write it before <mjml>, inside <mj-body>, or in <mj-raw> in <mj-head>")
	case !slices.Contains(children, "mj-raw"):
		c.fail(n.src, t.at, t.end, "Liquid cannot stand among the children of <"+parent.name+">", "put the block around <"+parent.name+">, or write what it holds as HTML in <mj-raw>")
	}
}

// attribute checks Liquid in a value that is needed when the template is compiled.
func (c checker) attribute(n *node, a attr) {
	c.pieces(n.src, a.pieces, "the value of "+a.name)
	if !slices.ContainsFunc(a.pieces, func(p piece) bool { return p.liquid }) {
		return
	}
	at, end := a.valueAt, a.end
	switch kind := c.table.typeOf(n.name, a.name); {
	case a.name == "mj-class" || n.name == "mj-class" && a.name == "name":
		c.fail(n.src, at, end, "classes of MJML are looked up when the template is compiled, so that mj-class cannot hold Liquid", "write the element twice, in {% if %} and {% else %}")
	case fixed(kind):
		c.fail(n.src, at, end, a.name+" takes part in the layout, which is made when the template is compiled, so that it cannot hold Liquid", "write a value, or the element twice, in {% if %} and {% else %}")
	}
}

// columns warns of columns in blocks that have no width: they get their share of the columns that are written.
func (c checker) columns(parent *node) {
	if parent.name != "mj-section" && parent.name != "mj-group" {
		return
	}
	depth := 0
	for _, n := range parent.children {
		switch {
		case n.kind == liquidNode && block(n.pieces[0].tag):
			depth++
		case n.kind == liquidNode && strings.HasPrefix(n.pieces[0].tag, "end"):
			depth--
		case depth > 0 && (n.name == "mj-column" || n.name == "mj-group") && n.value("width") == "":
			c.warn(n.src, n.at, n.open, "how wide <"+n.name+"> is does not depend on the Liquid around it", `give it a width, such as width="50%"`)
		}
	}
}
