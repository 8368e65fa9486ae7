package render

import (
	"rapport/pkg/liquid"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// Use is a variable that a template counts on, at its place in the workspace.
type Use struct {
	Path  string // from the top, as "trigger.products[].name"
	File  *source.File
	Place source.Place
	// Optional means that the template works without it.
	Optional bool
}

// Uses are the variables of a template, those of its layout and partials included, in the
// shop's own locale; none when there is no such template.
func (s *Set) Uses(c message.Channel, name string) []Use {
	all := s.compiled("")
	var of []*liquid.Template
	switch c {
	case message.Email:
		if m := all.mails[name]; m != nil {
			of = []*liquid.Template{m.subject, m.preheader, m.html, m.text, m.htmlLayout, m.textLayout}
		}
	case message.Webhook:
		of = []*liquid.Template{all.hooks[name]}
	default:
		of = []*liquid.Template{all.texts[c][name]}
	}
	var uses []Use
	for i, t := range of {
		if t == nil {
			continue
		}
		end := textEnd
		if c == message.Email && (i == 2 || i == 4) {
			end = htmlEnd
		}
		for _, v := range t.Variables() {
			e := s.sources.place(s.sources.inPartial(&liquid.Error{Template: v.Template, Line: v.Line, Col: v.Col}, end))
			if f := s.sources.files[e.File]; f != nil {
				uses = append(uses, Use{Path: v.Path, File: f, Place: source.Place{Line: e.Line, Col: e.Col, Width: 1}, Optional: v.Optional})
			}
		}
	}
	return uses
}
