package lint

import (
	"fmt"
	"regexp"
	"strings"
)

// unresolved looks for what a template should have filled in.
func (c *check) unresolved() {
	for _, n := range c.page.all {
		if n.tag == "" {
			if !n.inside("style", "script") {
				c.leftover(n.text, HTML, c.page.line(n.offset))
			}
			continue
		}
		for _, a := range n.attrs {
			switch a.Key {
			case "href", "src", "alt", "title", "background":
				c.leftover(a.Val, HTML, c.page.line(n.offset))
			}
		}
	}
	c.leftover(c.letter.Subject, Subject, 0)
	c.leftover(c.letter.Preheader, Preheader, 0)
	line := 0
	for text := range strings.SplitSeq(c.letter.Text, "\n") {
		line++
		c.leftover(text, Text, line)
	}
}

// leftovers are what engines print for what is not there, and marks that none has read. Words are taken only where no
// sentence has them: nil and null behind a greeting or alone, undefined and NaN not at all in prose.
var leftovers = regexp.MustCompile(`\{\{|\}\}|\{%|%\}|\[object Object\]|%%[A-Z_]+%%|\*\|[A-Z_:]+\|\*|(?i:^\s*(?:nil|null|undefined|none)\s*$|\b(?:hi|hello|dear|hallo|liebe|lieber|bonjour|hola),? (?:nil|null|undefined|none|nan)\b)|\bNaN\b|(?:^|[=/])(?:undefined|null|nil)(?:$|[&/?])|<nil>|%!\w?\(`)

func (c *check) leftover(text string, part Part, line int) {
	m := leftovers.FindStringIndex(text)
	if m == nil {
		return
	}
	from, to := max(0, m[0]-10), min(len(text), m[1]+30)
	c.add(Finding{
		Rule: Unresolved, Severity: Error, Part: part, Line: line, Excerpt: strings.TrimSpace(strings.ToValidUTF8(text[m[0]:min(len(text), m[1]+30)], "")),
		Message: "readers get " + quoted(strings.ToValidUTF8(text[from:to], "")) + ", which a template should have filled in", Hint: "look for a missing brace or default, or for {% raw %}",
	})
}

var (
	htmlTag   = regexp.MustCompile(`(?i)</?(?:p|div|span|table|tr|td|a|b|i|em|strong|br|h[1-6]|ul|li|img|font|style|html|body)(?:\s[^<>]{0,200})?/?>`)
	reference = regexp.MustCompile(`&(?:nbsp|amp|lt|gt|quot|copy|reg|euro|pound|mdash|ndash|hellip|rarr|zwnj|auml|ouml|uuml|szlig|#[0-9]{2,5}|#x[0-9a-fA-F]{2,5});`)
)

// plain looks at the plain text.
func (c *check) plain() {
	text := strings.TrimSpace(c.letter.Text)
	shown := c.page.root.seen()
	if text == "" {
		c.add(Finding{Rule: TextPart, Severity: Warning, Part: Text, Message: "there is no plain text: watches, notifications and screen readers show nothing, and filters hold it against the mail", Hint: "add a .txt.liquid beside the HTML"})
		return
	}
	has, wants := letters(text), letters(shown)
	if wants > 200 && has*4 < wants {
		c.add(Finding{Rule: TextPart, Severity: Warning, Part: Text, Line: 1, Excerpt: text, Message: fmt.Sprintf("the plain text has %d letters and the HTML %d: who reads the text misses most", has, wants), Hint: "say the same in both"})
	}
	line := 0
	for s := range strings.SplitSeq(c.letter.Text, "\n") {
		line++
		found := first(htmlTag.FindString(s), reference.FindString(s))
		if found != "" {
			c.add(Finding{Rule: TextPart, Severity: Warning, Part: Text, Line: line, Excerpt: found, Message: "the plain text has HTML in it: " + quoted(found), Hint: "write it as plain text; what is printed there is not escaped"})
			return
		}
	}
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if r > ' ' && r != 0xa0 && r != 0x200c && r != 0x34f && r != 0x200b && r != 0xfeff && r != 0xad {
			n++
		}
	}
	return n
}

// seen are the texts that are not hidden, on one line; the looks must have been measured.
func (n *node) seen() string {
	var b strings.Builder
	n.see(&b)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (n *node) see(b *strings.Builder) {
	if n.look != nil && n.look.hidden {
		return
	}
	if n.tag == "" {
		b.WriteString(n.text)
		return
	}
	for _, u := range unread {
		if n.tag == u && u != "head" {
			return
		}
	}
	b.WriteByte(' ')
	for _, child := range n.children {
		child.see(b)
	}
	b.WriteByte(' ')
}
