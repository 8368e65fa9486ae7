package plaintext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// deepest bounds how deep elements are followed; what lies deeper is read as running text.
const deepest = 150

// writer makes lines of nodes.
type writer struct {
	lines []string
	line  strings.Builder // the line that is being written, its white space collapsed
	gap   bool            // white space comes before the next word
	space bool            // an empty line comes before the next line
	plain bool            // inside pre: white space stays
	// aside takes the addresses of links, where they would widen a column; nil: they stand behind their labels.
	aside *[]string
}

// words adds running text.
func (w *writer) words(s string) {
	s = visible(s)
	if w.plain {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.flush()
			}
			w.line.WriteString(line)
		}
		return
	}
	for i, word := range strings.Fields(s) {
		if (i > 0 || w.gap || strings.TrimLeft(s, " \t\r\n\f") != s) && w.line.Len() > 0 {
			w.line.WriteByte(' ')
		}
		w.gap = false
		w.line.WriteString(word)
	}
	w.gap = w.gap || strings.TrimRight(s, " \t\r\n\f") != s
}

// flush ends the line, if there is anything on it.
func (w *writer) flush() {
	if w.line.Len() > 0 {
		w.put(w.line.String())
		w.line.Reset()
	}
	w.gap = false
}

// put adds a whole line, and the empty one that was asked for.
func (w *writer) put(line string) {
	if w.space && len(w.lines) > 0 {
		w.lines = append(w.lines, "")
	}
	w.space = false
	w.lines = append(w.lines, line)
}

// apart makes sure that an empty line comes next.
func (w *writer) apart() {
	w.flush()
	w.space = true
}

// inner writes into a writer of its own and gives its lines, none of them empty at the ends.
func (w *writer) inner(write func(*writer)) []string {
	in := &writer{plain: w.plain, aside: w.aside}
	write(in)
	in.flush()
	lines := in.lines
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func (w *writer) children(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, depth+1)
	}
}

func (w *writer) node(n *html.Node, depth int) {
	switch n.Type {
	case html.TextNode:
		w.words(n.Data)
		return
	case html.DocumentNode:
	case html.ElementNode:
		if !silent(n.Data) && !hidden(n) {
			w.element(n, depth)
		}
		return
	default: // comments, with what they hold for Outlook
		return
	}
	w.children(n, depth)
}

func (w *writer) element(n *html.Node, depth int) {
	if depth > deepest {
		w.flat(n)
		return
	}
	switch n.Data {
	case "br":
		if w.line.Len() == 0 && len(w.lines) > 0 {
			w.space = true // two in a row are an empty line
		}
		w.flush()
	case "hr":
		w.apart()
		w.put(strings.Repeat("-", ruler))
		w.apart()
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.heading(n, depth)
	case "p", "dl", "figure", "fieldset", "section", "article", "header", "footer", "address":
		w.apart()
		w.children(n, depth)
		w.apart()
	case "ul", "ol":
		w.list(n, depth)
	case "blockquote":
		w.apart()
		for _, line := range w.inner(func(in *writer) { in.children(n, depth) }) {
			w.put(strings.TrimRight("> "+line, " "))
		}
		w.apart()
	case "pre":
		w.apart()
		for _, line := range w.inner(func(in *writer) { in.plain = true; in.children(n, depth) }) {
			w.put(line)
		}
		w.apart()
	case "a":
		w.link(n, depth)
	case "img":
		w.words(attr(n, "alt"))
	case "table":
		w.table(n, depth)
	case "div", "tr", "li", "dt", "dd", "td", "th", "center", "main", "body", "html", "form", "figcaption", "nav", "caption":
		w.flush()
		w.children(n, depth)
		w.flush()
	default:
		w.children(n, depth)
	}
}

// ruler is how long a line across the page is.
const ruler = 64

// flat writes the text of everything below a node, without recursion.
func (w *writer) flat(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		if c.Type == html.TextNode {
			w.words(c.Data)
			w.gap = true
		}
		if c.FirstChild != nil && !(c.Type == html.ElementNode && (silent(c.Data) || hidden(c))) {
			c = c.FirstChild
			continue
		}
		for c != n && c.NextSibling == nil {
			c = c.Parent
		}
		if c == n {
			return
		}
		c = c.NextSibling
	}
}

// heading underlines the two upper kinds, and sets all apart.
func (w *writer) heading(n *html.Node, depth int) {
	lines := w.inner(func(in *writer) { in.children(n, depth) })
	w.apart()
	widest := 0
	for _, line := range lines {
		w.put(line)
		widest = max(widest, columns(line))
	}
	if mark := map[string]string{"h1": "=", "h2": "-"}[n.Data]; mark != "" && widest > 0 {
		w.put(strings.Repeat(mark, min(widest, ruler)))
	}
	w.apart()
}

func (w *writer) list(n *html.Node, depth int) {
	nested := false
	for p := n.Parent; p != nil; p = p.Parent {
		nested = nested || p.Data == "li"
	}
	number := 1
	if start, err := strconv.Atoi(attr(n, "start")); err == nil {
		number = start
	}
	w.flush()
	w.space = w.space || !nested
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || hidden(c) {
			continue
		}
		mark := "- "
		if n.Data == "ol" {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		lines := w.inner(func(in *writer) { in.node(c, depth+1) })
		for i, line := range lines {
			if i > 0 {
				mark = strings.Repeat(" ", len(mark))
			}
			w.put(strings.TrimRight(mark+line, " "))
		}
	}
	w.space = w.space || !nested
}

// link writes label: address. A link without a label, as a picture without alt has none, is left out: the same address
// stands behind the words beside it.
func (w *writer) link(n *html.Node, depth int) {
	href := address(attr(n, "href"))
	begin, lines := w.line.Len(), len(w.lines)
	w.children(n, depth)
	label := w.line.String()
	if lines == len(w.lines) && begin <= len(label) {
		label = strings.TrimSpace(label[begin:])
	} else if label == "" && len(w.lines) > lines {
		label = w.lines[len(w.lines)-1]
	}
	switch {
	case label == "" || href == "" || same(label, href):
	case w.aside != nil:
		*w.aside = append(*w.aside, href)
	default:
		gap := w.gap
		if w.line.Len() == 0 { // the label was a block
			w.line.WriteString(href)
		} else {
			if !strings.HasSuffix(label, ":") {
				w.line.WriteByte(':')
			}
			w.line.WriteString(" " + href)
		}
		w.gap = gap || wordFollows(n)
	}
}

// wordFollows reports whether the text goes on right behind a node: an address must not run into it.
func wordFollows(n *html.Node) bool {
	next := n.NextSibling
	return next != nil && next.Type == html.TextNode && strings.TrimSpace(next.Data) != ""
}

// address is what of a link's address is worth reading.
func address(href string) string {
	lower := strings.ToLower(href)
	for _, scheme := range []string{"mailto:", "tel:", "sms:"} {
		if strings.HasPrefix(lower, scheme) {
			href, _, _ = strings.Cut(href[len(scheme):], "?")
			return href
		}
	}
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		return "" // within the page, or nothing that a reader can open
	}
	return strings.ReplaceAll(href, " ", "%20")
}

// same reports whether a label is the address that it leads to.
func same(label, href string) bool {
	bare := func(s string) string {
		s = strings.TrimSuffix(strings.ToLower(s), "/")
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"), "www.")
	}
	return bare(label) == bare(href)
}
