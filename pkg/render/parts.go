package render

import (
	"html"
	"strings"

	"rapport/pkg/liquid"
	"rapport/pkg/plaintext"
)

// parts are the HTML and the plain text of a mail. A text that nobody wrote is made of the HTML: of the mail alone where
// its layout has a text to go around it, else of the whole page.
func (r *rendering) parts(m *mail) (page, text string) {
	content := r.run(m.html)
	page = content
	if m.htmlLayout != nil {
		page = r.within(m.htmlLayout, liquid.Safe(content))
	}
	page = r.styled(m, page)
	switch {
	case r.err != nil:
	case m.text != nil && m.htmlLayout != nil && m.textLayout == nil:
		text = tidy(r.into(m, r.run(m.text)))
	case m.text != nil:
		if text = r.run(m.text); m.textLayout != nil {
			text = r.within(m.textLayout, strings.Trim(text, "\n"))
		}
		text = tidy(text)
	case m.textLayout != nil:
		text = tidy(r.within(m.textLayout, strings.Trim(plaintext.Of(r.styled(m, content)), "\n")))
	default:
		text = plaintext.Of(page)
	}
	return page, text
}

// styled is a page with the rules of its style elements in the elements that they are for.
func (r *rendering) styled(m *mail, page string) string {
	if m.sheet == nil || r.err != nil {
		return page
	}
	return r.set.inScratch(func(b []byte) []byte { return m.sheet.Append(b, page) })
}

// within renders a layout around a content.
func (r *rendering) within(layout *liquid.Template, content any) string {
	r.vars["content"] = content
	defer delete(r.vars, "content")
	return r.run(layout)
}

// slot stands where a text goes into a layout; it is a character that nobody uses (Unicode, private use area).
const slot = "\ue0a7"

// into puts a text into the plain text of a layout that has none written by hand.
func (r *rendering) into(m *mail, text string) string {
	around := plaintext.Of(r.styled(m, r.within(m.htmlLayout, liquid.Safe("<p>"+slot+"</p>"))))
	return strings.Replace(around, slot, strings.Trim(text, "\n"), 1)
}

// hide puts the preheader where inboxes find it first, and where nobody sees it. What follows it keeps them from going on
// with the first words of the mail: a character without width, one that does not join, and a space, many times over.
func hide(page, preheader string) string {
	if preheader == "" {
		return page
	}
	at := 0
	if i := bodyTag(page); i >= 0 {
		if end := strings.IndexByte(page[i:], '>'); end >= 0 {
			at = i + end + 1
		}
	}
	var b strings.Builder
	b.Grow(len(page) + len(preheader) + len(hidden) + len(padding)*paddings + 10)
	b.WriteString(page[:at])
	b.WriteString(hidden)
	b.WriteString(html.EscapeString(preheader))
	for range paddings {
		b.WriteString(padding)
	}
	b.WriteString("</div>")
	b.WriteString(page[at:])
	return b.String()
}

const (
	hidden   = `<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all">`
	padding  = "&#847;&zwnj;&nbsp;"
	paddings = 60
)

// bodyTag is where <body begins; -1 if nowhere.
func bodyTag(page string) int {
	for at := 0; ; {
		i := strings.IndexByte(page[at:], '<')
		if i < 0 || at+i+5 > len(page) {
			return -1
		}
		at += i + 1
		if len(page) >= at+4 && strings.EqualFold(page[at:at+4], "body") {
			return at - 1
		}
	}
}
