package mjml

import (
	"slices"
	"strings"
)

// content reads what stands in an element that holds HTML, up to its closing tag. HTML is not checked: people write
// what mail programs want, such as comments that only Outlook reads. Only Liquid and the end are looked for.
func (p *parser) content(n *node) {
	c := content{parser: p, node: n, from: p.pos, plain: plain(n.name)}
	for !p.stopped && !c.done {
		c.next()
	}
}

// content is the state of reading one element's HTML.
type content struct {
	*parser

	node  *node
	from  int      // what stands before it is in node.pieces
	inner []string // MJML elements that were opened in the HTML
	plain bool     // no HTML is to be found
	done  bool
}

// flush takes what was read since the last piece.
func (c *content) flush() {
	if c.pos > c.from {
		c.node.pieces = append(c.node.pieces, piece{at: c.from, end: c.pos})
	}
	c.from = c.pos
}

// liquid takes a token.
func (c *content) liquid(opaque bool) {
	c.flush()
	t, ok := c.parser.liquid(c.pos)
	if !ok {
		return
	}
	t.opaque = opaque
	c.node.pieces = append(c.node.pieces, t)
	c.pos, c.from = t.end, t.end
}

func (c *content) next() {
	text := c.src.text
	for c.pos < len(text) && text[c.pos] != '<' && !opens(text, c.pos) {
		c.pos++
	}
	rest := text[c.pos:]
	switch {
	case rest == "":
		c.stop(c.node.at, c.node.open, "<"+c.node.name+"> is never closed", "add </"+c.node.name+">")
	case rest[0] == '{':
		c.liquid(c.plain)
	case strings.HasPrefix(rest, "</"):
		c.closing()
	case !c.plain && strings.HasPrefix(rest, "<!--"):
		c.until("-->", "the comment is never closed", "add -->")
	case !c.plain && len(rest) > 1 && letter(rest[1]):
		c.opening()
	default:
		c.pos++
	}
}

// until reads to the end of something in which Liquid is opaque.
func (c *content) until(end, message, hint string) {
	at := c.pos
	for !c.stopped {
		i := strings.Index(c.src.text[c.pos:], end)
		liquid := nextLiquid(c.src.text, c.pos)
		switch {
		case i < 0:
			c.stop(at, at+4, message, hint)
		case liquid < c.pos+i:
			c.pos = liquid
			c.liquid(true)
		default:
			c.pos += i + len(end)
			return
		}
	}
}

// closing reads </name>: the element's own, one of HTML, or one that shows that the element's own is missing.
func (c *content) closing() {
	at := c.pos
	name := word(c.src.text[at+2:])
	_, ours := c.report.table[name]
	switch {
	case name == c.node.name && len(c.inner) == 0:
		c.flush()
		if end := strings.IndexByte(c.src.text[at:], '>'); end >= 0 {
			c.pos = at + end + 1
		} else {
			c.stop(at, at+2+len(name), "the tag is never closed", "add >")
		}
		c.done = true
	case ours && len(c.inner) > 0 && c.inner[len(c.inner)-1] == name:
		c.inner = c.inner[:len(c.inner)-1]
		c.pos += 2
	case ours && !c.plain && !slices.Contains(c.inner, name):
		c.flush()
		c.fail(c.node.at, c.node.open, "<"+c.node.name+"> is not closed before </"+name+"> of line "+itoa(c.src.place(at).Line), "add </"+c.node.name+">")
		c.done = true
	default:
		c.pos += 2
	}
}

// opening reads an opening tag of HTML.
func (c *content) opening() {
	at := c.pos
	name := word(c.src.text[at+1:])
	c.pos += 1 + len(name)
	if !c.tag() {
		c.stop(at, at+1+len(name), "the tag <"+name+" is never closed", "add >")
		return
	}
	bare := c.src.text[c.pos-2] == '/'
	_, ours := c.report.table[name]
	switch {
	case ours:
		c.report.warn(c.src, at, c.pos, "<"+name+"> inside <"+c.node.name+"> is not compiled: what stands there is HTML", "close <"+c.node.name+"> before it")
		if !bare {
			c.inner = append(c.inner, name)
		}
	case !bare && slices.Contains([]string{"style", "script", "textarea", "title"}, strings.ToLower(name)):
		c.until("</"+name, "<"+name+"> is never closed", "add </"+name+">")
	}
}

// tag reads the rest of a tag, whose quoted values may hold anything.
func (c *content) tag() bool {
	text := c.src.text
	var quote byte
	for c.pos < len(text) && !c.stopped {
		ch := text[c.pos]
		switch {
		case opens(text, c.pos):
			c.liquid(true)
			continue
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '>':
			c.pos++
			return true
		}
		c.pos++
	}
	return c.stopped
}
