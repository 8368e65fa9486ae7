package liquid

import "strings"

// node is a compiled piece of a template.
type node interface {
	// at returns the offset in the source that errors name.
	at() int
	render(r *renderer) error
	// blank reports whether the node can only print white space. Blocks that
	// hold nothing else print nothing, as in Ruby.
	blank() bool
	// analyze reports the variables it uses.
	analyze(a *analysis)
}

// place is embedded by nodes for at.
type place int

func (p place) at() int { return int(p) }

// textNode is text between tags.
type textNode struct {
	place
	text  string
	white bool // only white space
}

func newText(pos int, s string) *textNode {
	return &textNode{place(pos), s, strings.TrimLeft(s, " \t\r\n\f\v") == ""}
}

func (n *textNode) render(r *renderer) error { return r.write(n.text) }
func (n *textNode) blank() bool              { return n.white }
func (n *textNode) analyze(*analysis)        {}

// outputNode is {{ value }} or {% echo value %}.
type outputNode struct {
	place
	value *filtered
	where spot
}

func (n *outputNode) render(r *renderer) error {
	v, err := n.value.eval(r)
	if err != nil {
		return err
	}
	switch n.where {
	case spotStyle:
		if err := checkStyle(v); err != nil {
			return err
		}
	case spotJSON:
		return r.write(text(v))
	}
	return r.print(v, 0)
}

func (n *outputNode) blank() bool         { return false }
func (n *outputNode) analyze(a *analysis) { a.value(n.value) }

// allBlank reports whether none of the nodes prints more than white space.
func allBlank(nodes []node) bool {
	for _, n := range nodes {
		if !n.blank() {
			return false
		}
	}
	return true
}

// dropWhite removes the white space of blocks that are blank as a whole.
func dropWhite(blocks ...[]node) bool {
	for _, b := range blocks {
		if !allBlank(b) {
			return false
		}
	}
	for _, b := range blocks {
		for _, n := range b {
			if t, ok := n.(*textNode); ok {
				t.text = ""
			}
		}
	}
	return true
}
