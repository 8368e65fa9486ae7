package render

import (
	"slices"

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

// Uses are the variables of a template in all its languages, those of its layout and partials included; none when there
// is no such template.
func (s *Set) Uses(c message.Channel, name string) []Use {
	var uses []Use
	for _, t := range s.templates(c, name) {
		for _, v := range t.Variables() {
			e := s.sources.place(&liquid.Error{Template: v.Template, Line: v.Line, Col: v.Col})
			if f := s.sources.files[e.File]; f != nil {
				uses = append(uses, Use{Path: v.Path, File: f, Place: source.Place{Line: e.Line, Col: e.Col, Width: 1}, Optional: v.Optional})
			}
		}
	}
	return uses
}

// templates are all that a message is made of, in all its languages, each once.
func (s *Set) templates(c message.Channel, name string) []*liquid.Template {
	var all []*liquid.Template
	add := func(t *liquid.Template) {
		if t != nil && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	if c == message.Webhook {
		add(s.hooks[name])
		return all
	}
	editions := []*edition{s.home}
	for _, tag := range s.sources.tags() {
		editions = append(editions, s.editions[tag])
	}
	for _, e := range editions {
		if m := e.mails[name]; m != nil && c == message.Email {
			for _, t := range m.templates() {
				add(t)
			}
		}
		add(e.texts[c][name])
		if a := e.contents[name]; a != nil && c == message.WhatsApp {
			for _, t := range a.templates() {
				add(t)
			}
		}
	}
	return all
}
