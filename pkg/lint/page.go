package lint

import (
	"slices"
	"sort"
	"strings"

	"golang.org/x/net/html"
)

// page is an HTML page as a tree. The parser of x/net/html gives none of the places that findings need, so that the tree is
// made here of its tokens, with the few implied end tags that mails rely on.
type page struct {
	root   *node
	all    []*node // elements and texts, in the order of the page
	breaks []int   // offsets of line breaks
	styles []*node // style elements
	source string
	vml    bool // backgrounds are drawn for Outlook, in comments
}

// node is an element, or a text when tag is empty.
type node struct {
	tag        string
	attrs      []html.Attribute
	text       string // of a text, without character references
	parent     *node
	children   []*node
	offset     int
	look       *look // set by contrast and by what asks what is visible
	notOutlook bool  // between <!--[if !mso]><!--> and <!--<![endif]-->
}

// maxDepth bounds the tree: what is nested deeper hangs at this depth.
const maxDepth = 300

func parse(source string) *page {
	p := &page{root: &node{tag: "#page"}, source: source}
	for i := range len(source) {
		if source[i] == '\n' {
			p.breaks = append(p.breaks, i)
		}
	}
	open := []*node{p.root}
	z := html.NewTokenizer(strings.NewReader(source))
	offset, other := 0, false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return p
		}
		at := offset
		offset += len(z.Raw())
		switch t := z.Token(); kind {
		case html.TextToken:
			p.add(open[len(open)-1], &node{text: t.Data, offset: at})
		case html.StartTagToken, html.SelfClosingTagToken:
			open = implied(open, t.Data)
			n := &node{tag: t.Data, attrs: t.Attr, offset: at, notOutlook: other}
			p.add(open[len(open)-1], n)
			if t.Data == "style" {
				p.styles = append(p.styles, n)
			}
			if kind == html.StartTagToken && !slices.Contains(void, t.Data) && len(open) < maxDepth {
				open = append(open, n)
			}
		case html.CommentToken:
			p.vml = p.vml || strings.Contains(t.Data, "<v:fill") || strings.Contains(t.Data, "<v:image") || strings.Contains(t.Data, "<v:background")
			other = strings.Contains(t.Data, "[if !mso") || other && !strings.Contains(t.Data, "[endif]")
		case html.EndTagToken:
			open = closed(open, t.Data)
		}
	}
}

var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}

func (p *page) add(parent, n *node) {
	n.parent = parent
	parent.children = append(parent.children, n)
	p.all = append(p.all, n)
}

// implied closes what a start tag closes: a p within a p, a cell within a cell.
func implied(open []*node, tag string) []*node {
	var ends, within []string
	switch tag {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "div", "table":
		ends, within = []string{"p"}, []string{"td", "th", "div", "li", "table", "a", "center"}
	case "li":
		ends, within = []string{"li"}, []string{"ul", "ol"}
	case "td", "th":
		ends, within = []string{"td", "th"}, []string{"table", "tr"}
	case "tr":
		ends, within = []string{"tr"}, []string{"table"}
	}
	for i := len(open) - 1; i > 0 && ends != nil; i-- {
		if slices.Contains(ends, open[i].tag) {
			return open[:i]
		}
		if slices.Contains(within, open[i].tag) {
			break
		}
	}
	return open
}

// closed closes the innermost element of a name, and what is open in it; an end tag in a table closes nothing outside.
func closed(open []*node, tag string) []*node {
	for i := len(open) - 1; i > 0; i-- {
		if open[i].tag == tag {
			return open[:i]
		}
		if tag != "table" && tag != "body" && tag != "html" && open[i].tag == "table" {
			return open
		}
	}
	return open
}

// line is the line of an offset, from 1.
func (p *page) line(offset int) int { return 1 + sort.SearchInts(p.breaks, offset) }

// attr is the value of an attribute, and whether it is there.
func (n *node) attr(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func (n *node) value(name string) string {
	v, _ := n.attr(name)
	return v
}

// inside reports whether a node lies in an element of one of the names.
func (n *node) inside(tags ...string) bool {
	for p := n.parent; p != nil; p = p.parent {
		if slices.Contains(tags, p.tag) {
			return true
		}
	}
	return false
}

// each calls visit for all elements of a name.
func (p *page) each(tag string, visit func(n *node)) {
	for _, n := range p.all {
		if n.tag == tag {
			visit(n)
		}
	}
}

// unread are elements whose text nobody reads.
var unread = []string{"style", "script", "title", "head", "template", "noscript"}

// words are the texts in a node, with the alternative texts of pictures, on one line.
func (n *node) words() string {
	var b strings.Builder
	n.write(&b)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (n *node) write(b *strings.Builder) {
	switch {
	case n.tag == "":
		b.WriteString(n.text)
		return
	case n.tag == "img":
		b.WriteString(" " + n.value("alt") + " ")
	case slices.Contains(unread, n.tag):
		return
	case !slices.Contains(inlineTags, n.tag):
		b.WriteByte(' ')
		defer b.WriteByte(' ')
	}
	for _, c := range n.children {
		c.write(b)
	}
}

var inlineTags = []string{"a", "b", "strong", "i", "em", "span", "font", "u", "s", "small", "sub", "sup", "code", "abbr"}
