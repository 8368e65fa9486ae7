package mjml

import (
	"fmt"
	"strings"

	"rapport/pkg/condition/spelling"
)

// The bounds of a document, its includes among it. The largest documents people write have some hundred elements.
const (
	maxBytes    = 512 << 10
	maxElements = 4000
	maxTokens   = 8000 // of Liquid
	maxDepth    = 32
)

// kind says what a node is.
type kind uint8

const (
	elementNode kind = iota
	commentNode
	liquidNode
)

// node is an element, a comment or a token of Liquid between elements.
type node struct {
	kind     kind
	src      *source
	name     string
	at, open int // where it begins, and the offset behind its opening tag
	attrs    []attr
	pieces   []piece // the content of an ending element; of a comment; the token
	children []*node
	parent   *node
	unknown  bool
}

// attr is name="value".
type attr struct {
	name    string
	at      int
	valueAt int
	end     int // behind the value
	quote   byte
	pieces  []piece
}

// raw is a value as it is written.
func (a *attr) raw(src *source) string { return src.text[a.valueAt:a.end] }

// value is an attribute's value; "" when the node has none of the name.
func (n *node) value(name string) string {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return n.attrs[i].raw(n.src)
		}
	}
	return ""
}

// parser reads one file into a tree. It goes on after mistakes while what follows can still be told.
type parser struct {
	src      *source
	pos      int
	cur      *node // the root has no name
	depth    int
	elements int
	tokens   int
	report   *report
	stopped  bool
}

// parse returns a node whose children are what the file holds.
func parse(src *source, r *report) *node {
	root := &node{src: src}
	p := &parser{src: src, cur: root, report: r}
	for p.pos < len(src.text) && !p.stopped && len(r.errors) < maxProblems {
		p.next()
	}
	for n := p.cur; n != root && !p.stopped; n = n.parent {
		p.fail(n.at, n.open, "<"+n.name+"> is never closed", "add </"+n.name+">")
	}
	return root
}

func (p *parser) fail(at, end int, message, hint string) {
	p.report.fail(p.src, at, end, message, hint)
}

// stop ends reading: what would follow is only confusion.
func (p *parser) stop(at, end int, message, hint string) {
	p.fail(at, end, message, hint)
	p.stopped = true
}

func (p *parser) add(n *node) {
	n.src, n.parent = p.src, p.cur
	p.cur.children = append(p.cur.children, n)
}

// next reads one thing between elements.
func (p *parser) next() {
	rest := p.src.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		p.comment()
	case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
		end := p.pos + strings.IndexByte(rest+">", '>') + 1
		p.fail(p.pos, end, "declarations do not belong into MJML", "leave it out: the compiler writes <!doctype html> itself")
		p.pos = min(end, len(p.src.text))
	case strings.HasPrefix(rest, "</"):
		p.closing()
	case len(rest) > 1 && rest[0] == '<' && letter(rest[1]):
		p.opening()
	case opens(p.src.text, p.pos):
		if t, ok := p.liquid(p.pos); ok {
			p.add(&node{kind: liquidNode, at: t.at, open: t.end, pieces: []piece{t}})
			p.pos = t.end
		}
	default:
		p.text()
	}
}

// liquid reads a token; false when that is the end of it all.
func (p *parser) liquid(at int) (piece, bool) {
	t, ok := readLiquid(p.src.text, at)
	if p.tokens++; p.tokens > maxTokens {
		p.stop(at, at+2, fmt.Sprintf("there are more than %d pieces of Liquid", maxTokens), "split the mail")
		return t, false
	}
	if !ok {
		p.stop(at, at+2, p.src.text[at:at+2]+" is never closed", "add "+map[byte]string{'{': "}}", '%': "%}"}[p.src.text[at+1]])
	}
	return t, ok
}

// text reads what MJML would drop without a word, unless it is white space.
func (p *parser) text() {
	begin := p.pos
	end := nextLiquid(p.src.text, begin)
	if i := strings.IndexByte(p.src.text[begin+1:], '<'); i >= 0 {
		end = min(end, begin+1+i)
	}
	p.pos = end
	text := strings.TrimSpace(p.src.text[begin:end])
	if text == "" || p.cur.unknown {
		return
	}
	at := begin + strings.Index(p.src.text[begin:end], text)
	hint := "put it into <mj-text> in a column"
	if !strings.HasPrefix(p.cur.name, "mj-") {
		hint = "everything stands inside <mjml>"
	}
	p.fail(at, at+len(text), "text between elements does not reach the mail", hint)
}

func (p *parser) comment() {
	n := strings.Index(p.src.text[p.pos:], "-->")
	if n < 0 {
		p.stop(p.pos, p.pos+4, "the comment is never closed", "add -->")
		return
	}
	end := p.pos + n + 3
	c := &node{kind: commentNode, at: p.pos, open: end}
	c.pieces, _ = p.cut(p.pos, end, true)
	p.add(c)
	p.pos = end
}

// cut divides a stretch into Liquid and what is between.
func (p *parser) cut(at, end int, opaque bool) (out []piece, ok bool) {
	for at < end {
		next := min(nextLiquid(p.src.text, at), end)
		if next > at {
			out = append(out, piece{at: at, end: next})
		}
		if at = next; at >= end {
			break
		}
		t, ok := p.liquid(at)
		if !ok {
			return out, false
		}
		t.opaque = opaque
		out = append(out, t)
		at = t.end
	}
	return out, true
}

// closing reads </name>, and finds what was not closed before it.
func (p *parser) closing() {
	at := p.pos
	name := word(p.src.text[at+2:])
	end := strings.IndexByte(p.src.text[at:], '>')
	if end < 0 {
		p.stop(at, at+2+len(name), "the tag is never closed", "add >")
		return
	}
	p.pos = at + end + 1
	opener := p.cur
	for opener.parent != nil && opener.name != name {
		opener = opener.parent
	}
	if opener.parent == nil {
		hint := ""
		if p.cur.name != "" {
			hint = "<" + p.cur.name + "> of line " + fmt.Sprint(p.src.place(p.cur.at).Line) + " is still open"
		}
		p.fail(at, p.pos, "</"+name+"> closes nothing", hint)
		return
	}
	for p.cur != opener {
		p.fail(p.cur.at, p.cur.open, "<"+p.cur.name+"> is not closed before </"+name+"> of line "+fmt.Sprint(p.src.place(at).Line), "add </"+p.cur.name+">")
		p.leave()
	}
	p.leave()
}

func (p *parser) leave() { p.cur, p.depth = p.cur.parent, p.depth-1 }

// opening reads <name ...>, and the content of an element that holds HTML.
func (p *parser) opening() {
	n := &node{at: p.pos, name: word(p.src.text[p.pos+1:])}
	p.pos += 1 + len(n.name)
	p.add(n)
	if p.elements++; p.elements > maxElements {
		p.stop(n.at, p.pos, fmt.Sprintf("there are more than %d elements", maxElements), "split the mail")
		return
	}
	p.known(n)
	bare := p.attributes(n)
	n.open = p.pos
	switch {
	case p.stopped || bare:
	case p.report.table[n.name].Ending:
		p.content(n)
	case p.depth >= maxDepth:
		p.stop(n.at, n.open, fmt.Sprintf("elements are nested deeper than %d", maxDepth), "")
	default:
		p.cur, p.depth = n, p.depth+1
	}
}

// known reports an element that MJML has not.
func (p *parser) known(n *node) {
	if _, ok := p.report.table[n.name]; ok {
		return
	}
	n.unknown = true
	hint := "HTML goes into <mj-text>, <mj-table> or <mj-raw>"
	if near := spelling.Nearest(n.name, p.report.table.names()); strings.HasPrefix(strings.ToLower(n.name), "mj") && near != "" {
		hint = "did you mean <" + near + ">?"
	} else if strings.HasPrefix(n.name, "mj-") {
		hint = ""
	}
	if !p.cur.unknown {
		p.fail(n.at, p.pos, "there is no element <"+n.name+"> in MJML", hint)
	}
}

// word is the name that a text begins with.
func word(text string) string {
	for i := range len(text) {
		if c := text[i]; !letter(c) && (c < '0' || c > '9') && c != '-' && c != ':' && c != '_' {
			return text[:i]
		}
	}
	return text
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }
