package render

import (
	"slices"
	"strings"

	"rapport/pkg/inline"
	"rapport/pkg/liquid"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// edition is all messages for readers of one language, compiled. That of the shop has all of them; the others only those
// that are written or translated in their language, so that a message is in one language from the subject to the footer.
type edition struct {
	tag   string // "" for the shop's
	lang  string // what readers see: the tag, or the shop's locale
	chain []string
	words []*catalogue
	mails map[string]*mail
	texts map[message.Channel]map[string]*liquid.Template
	// contents are those of WhatsApp that were approved; they are no texts.
	contents map[string]*approved
}

// mail is one e-mail, compiled.
type mail struct {
	page                   *page
	subject, preheader     *liquid.Template
	html, text             *liquid.Template // text is nil where it is made of the HTML
	htmlLayout, textLayout *liquid.Template
	sheet                  *inline.Sheet
	hides                  bool // the preheader has to be put into the page
}

// templates are all of a mail that are there.
func (m *mail) templates() []*liquid.Template {
	all := []*liquid.Template{m.subject, m.preheader, m.html, m.text, m.htmlLayout, m.textLayout}
	return slices.DeleteFunc(all, func(t *liquid.Template) bool { return t == nil })
}

// edition compiles what is written in a language; home, whose tag is empty, is all there is.
func (c *compilation) edition(tag string) *edition {
	e := &edition{tag: tag, lang: tag, chain: chain(tag, c.shop.Locale), mails: map[string]*mail{}, texts: map[message.Channel]map[string]*liquid.Template{}, contents: map[string]*approved{}}
	if tag == "" {
		e.lang = c.shop.Locale
	}
	for _, t := range e.chain {
		if w := c.sources.words[t]; w != nil {
			e.words = append(e.words, w)
		}
	}
	html, text := c.engine(liquid.HTML, htmlEnd, e.chain), c.engine(liquid.Text, textEnd, e.chain)
	for name, src := range c.sources.mails {
		if m := c.mail(e, src, html, text); m != nil {
			e.mails[name] = m
		}
	}
	for channel, all := range c.sources.texts {
		e.texts[channel] = map[string]*liquid.Template{}
		for name, v := range all {
			f := pick(v, e.chain)
			if src := c.sources.contentOf(f); src != nil {
				if a := c.content(text, src); c.speaks(e, tagOf(v, f.Name), a.templates()...) {
					e.contents[name] = a
				}
				continue
			}
			if t := c.file(text, f); t != nil && c.speaks(e, tagOf(v, f.Name), t) {
				e.texts[channel][name] = t
			}
		}
	}
	return e
}

// mail compiles a mail for an edition; nil when it is not in its language.
func (c *compilation) mail(e *edition, src *written, html, text *engine) *mail {
	p := pick(src.html, e.chain)
	m := &mail{page: p, html: c.parse(html, p.file.Name, p.body)}
	m.subject, m.preheader = c.field(text, p, "subject"), c.field(text, p, "preheader")
	if m.html != nil && m.subject != nil && !c.speaks(e, p.tag, m.html, m.subject) {
		return nil
	}
	m.text = c.file(text, c.textFor(src, p.tag, e.chain))
	m.sheet = p.sheet
	if layout := c.sources.layouts[p.layout]; layout != nil {
		if lp := pick(layout.html, e.chain); lp != nil {
			m.htmlLayout = c.parse(html, lp.file.Name, lp.body)
			m.textLayout = c.file(text, c.textFor(layout, lp.tag, e.chain))
			m.sheet = inline.Join(lp.sheet, p.sheet)
		}
	}
	m.hides = m.preheader != nil && !strings.Contains(p.body, "<mj-preview") && !strings.Contains(p.file.Text, "<mj-preview") && !usesVariable(m.html, "preheader") && !usesVariable(m.htmlLayout, "preheader")
	return m
}

// speaks reports whether a message is in the language of an edition: written in it, or translated by a catalogue.
func (c *compilation) speaks(e *edition, tag string, of ...*liquid.Template) bool {
	if e.tag == "" || languageOf(e.tag) == languageOf(c.shop.Locale) || languageOf(tag) == languageOf(e.tag) {
		return true
	}
	if len(e.words) == 0 || languageOf(e.words[0].tag) != languageOf(e.tag) {
		return false
	}
	return slices.ContainsFunc(of, func(t *liquid.Template) bool { return len(t.FilterUses("t")) > 0 })
}

// textFor is the plain text that belongs to an HTML part: one of the same language, or any where that names none.
func (c *compilation) textFor(src *written, tag string, chain []string) *source.File {
	for _, t := range chain {
		written := t
		if t == "" {
			written = c.shop.Locale
		}
		if f := src.text[t]; f != nil && (tag == "" || languageOf(written) == languageOf(tag)) {
			return f
		}
	}
	return nil
}

// tagOf is the language of a file among versions.
func tagOf(v versions, name string) string {
	for tag, f := range v {
		if f.Name == name {
			return tag
		}
	}
	return ""
}

// usesVariable reports whether a template names a variable.
func usesVariable(t *liquid.Template, name string) bool {
	return t != nil && slices.ContainsFunc(t.Variables(), func(v liquid.Variable) bool { return v.Path == name })
}
