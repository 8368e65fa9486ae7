package render

import (
	"maps"
	"path"
	"slices"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/inline"
	"rapport/pkg/liquid"
	"rapport/pkg/message"
	"rapport/pkg/mjml"
	"rapport/pkg/workspace/source"
)

// The places of templates in a workspace.
const (
	mailDir    = "email"
	layoutDir  = "email/layouts"
	partialDir = "email/partials"
	webhookDir = "webhook"
	wordsDir   = "locales"
	htmlEnd    = ".html.liquid"
	textEnd    = ".txt.liquid"
	mjmlEnd    = ".mjml"

	whatsAppDir = "whatsapp"
)

// sources are the files of all templates, sorted out.
type sources struct {
	mails    map[string]*written
	layouts  map[string]*written
	texts    map[message.Channel]map[string]versions // sms and whatsapp
	hooks    map[string]*hookSource
	contents map[string]*contentSource // of whatsapp, by file name
	partials map[string]versions       // by file name without the language
	words    map[string]*catalogue
	pages    map[string]*page // by file name
	files    map[string]*source.File
}

// written is a mail or a layout, by the languages it is written in.
type written struct {
	html map[string]*page
	text versions
}

// versions are the files of one thing by language; the one without is for everybody else.
type versions map[string]*source.File

// page is an HTML part in one language.
type page struct {
	file    *source.File
	tag     string // its language; "" where the name says none
	body    string // behind the front matter, without the styles that are moved into elements
	skipped int    // lines of the file before body
	fields  map[string]*source.Node
	layout  string // its name; "" for none
	sheet   *inline.Sheet
	place   func(line, col int) (mjml.Place, bool) // where a place of body was written; nil unless it is MJML's
}

// errorAt is an error at a field of the front matter.
func (p *page) errorAt(field, msg, hint string) *Error {
	e := &Error{File: p.file.Name, Line: 1, Col: 1, Width: 1, Message: msg, Hint: hint}
	if n := p.fields[field]; n != nil {
		e.Line, e.Col, e.Width = n.Place.Line, n.Place.Col, n.Place.Width
	}
	return e
}

func (p *page) isMJML() bool { return strings.HasSuffix(p.file.Name, mjmlEnd) }

// sortOut assigns files to mails, layouts, partials, text messages and catalogues, and reports those that are none of it.
func sortOut(files []*source.File, r *source.Report) *sources {
	s := &sources{
		mails: map[string]*written{}, layouts: map[string]*written{}, hooks: map[string]*hookSource{}, contents: map[string]*contentSource{},
		texts:    map[message.Channel]map[string]versions{message.SMS: {}, message.WhatsApp: {}},
		partials: map[string]versions{}, words: map[string]*catalogue{}, pages: map[string]*page{}, files: map[string]*source.File{},
	}
	for _, f := range files {
		s.files[f.Name] = f
		switch dir, base := path.Split(f.Name); dir {
		case webhookDir + "/":
			s.hook(base, f, r)
		case wordsDir + "/":
			s.catalogue(base, f, r)
		default:
			if dir == whatsAppDir+"/" && strings.HasSuffix(base, contentEnd) {
				s.content(base, f, r)
				continue
			}
			s.template(strings.TrimSuffix(dir, "/"), base, f, r)
		}
	}
	return s
}

// template sorts out a file of Liquid or MJML.
func (s *sources) template(dir, base string, f *source.File, r *source.Report) {
	texts := s.texts[message.Channel(dir)]
	stem, end := base, ""
	for _, e := range []string{htmlEnd, textEnd, mjmlEnd} {
		if strings.HasSuffix(base, e) {
			stem, end = strings.TrimSuffix(base, e), e
		}
	}
	name, tag, slip := versionOf(stem)
	switch {
	case name == "" || end == "" || (texts != nil && end != textEnd):
		r.File(f.Name, "this is not the name of a template", remedyForName(texts != nil))
		return
	case slip:
		r.File(f.Name, "this is not how a language is named", "call it "+dir+"/"+name+"."+tag+end)
		return
	}
	switch dir {
	case mailDir:
		s.part(s.mails, name, tag, end, f, r)
	case layoutDir:
		s.part(s.layouts, name, tag, end, f, r)
	case partialDir:
		s.partials[name+end] = s.partials[name+end].with(tag, f)
	default:
		if texts == nil {
			r.File(f.Name, "no templates are expected in this directory", "use email/, email/layouts/, email/partials/, sms/ or whatsapp/")
			return
		}
		if other := texts[name][tag]; other != nil {
			r.File(f.Name, "the message is in "+other.Name+" already", "keep one of them")
			return
		}
		texts[name] = texts[name].with(tag, f)
	}
}

func (v versions) with(tag string, f *source.File) versions {
	if v == nil {
		v = versions{}
	}
	v[tag] = f
	return v
}

func remedyForName(text bool) string {
	if text {
		return "call it NAME" + textEnd
	}
	return "call it NAME" + htmlEnd + ", NAME" + mjmlEnd + " or NAME" + textEnd
}

// part adds a file to a mail or layout, of which there may be one HTML part for each language, as HTML or as MJML.
func (s *sources) part(all map[string]*written, name, tag, end string, f *source.File, r *source.Report) {
	w := all[name]
	if w == nil {
		w = &written{html: map[string]*page{}}
		all[name] = w
	}
	if end == textEnd {
		w.text = w.text.with(tag, f)
		return
	}
	if before := w.html[tag]; before != nil {
		r.File(f.Name, "the HTML part is in "+before.file.Name+" already", "keep one of them")
	}
	w.html[tag] = &page{file: f, tag: tag, body: f.Text}
	s.pages[f.Name] = w.html[tag]
}

// complete checks that each mail and layout has an HTML part for those whose language nobody writes, and reads the front
// matter.
func (s *sources) complete(home []string, r *source.Report) {
	for name, l := range s.layouts {
		l.complete(layoutDir+"/"+name, "the layout", home, r)
	}
	for name, m := range s.mails {
		if !m.complete(mailDir+"/"+name, "the e-mail", home, r) {
			delete(s.mails, name)
		}
		for _, p := range m.html {
			s.front(p, r)
		}
	}
	for channel, texts := range s.texts {
		for name, v := range texts {
			if pick(v, home) == nil {
				r.File(v.first().Name, "the message is not written for those who read another language", "add "+string(channel)+"/"+name+textEnd)
				delete(texts, name)
			}
		}
	}
}

// complete reports what is missing, and whether enough is there.
func (w *written) complete(path, what string, home []string, r *source.Report) bool {
	switch {
	case len(w.html) == 0:
		r.File(w.text.first().Name, what+" has no HTML part", "add "+path+htmlEnd)
		return false
	case pick(w.html, home) == nil:
		first := w.html[slices.Min(slices.Collect(maps.Keys(w.html)))]
		r.File(first.file.Name, what+" is not written for those who read another language", "add "+path+htmlEnd)
		return false
	}
	return true
}

func (v versions) first() *source.File { return v[slices.Min(slices.Collect(maps.Keys(v)))] }

func (s *sources) front(p *page, r *source.Report) {
	front, body, skipped := p.file.FrontMatter(r)
	p.body, p.skipped, p.fields = body, skipped, map[string]*source.Node{}
	if front == nil {
		if skipped == 0 {
			r.At(p.file, source.Place{Line: 1, Col: 1, Width: 1}, "the e-mail has no subject", "begin the file with a line ---, subject: ..., and another line ---")
		}
		return
	}
	keys := source.Keys{Known: []string{"subject", "preheader", "layout"}, Later: []string{"from", "reply_to", "to", "cc", "bcc", "attachments"}}
	if !r.Fields(front, "an e-mail's front matter", keys) {
		return
	}
	for _, key := range keys.Known {
		if n := front.Get(key); n != nil && r.Text(n, key) != "" {
			p.fields[key] = n
		}
	}
	if front.Get("subject") == nil {
		r.At(p.file, front.Place, "the e-mail has no subject", "add subject: to the front matter")
	}
	if n := p.fields["layout"]; n != nil {
		if p.layout = n.Value; s.layouts[p.layout] == nil {
			r.At(p.file, n.Place, "there is no layout "+n.Value, spelling.DidYouMean(n.Value, slices.Sorted(maps.Keys(s.layouts))))
		}
	}
}

// moveStyles takes the rules that can stand in style attributes out of the pages written as HTML; MJML has an inliner of
// its own.
func (s *sources) moveStyles(r *source.Report) {
	for _, p := range s.pages {
		if p.isMJML() {
			continue
		}
		body, sheet, notes := inline.Take(p.body)
		for _, n := range notes {
			line, col := 1+strings.Count(p.body[:n.Offset], "\n"), len([]rune(p.body[strings.LastIndex(p.body[:n.Offset], "\n")+1:n.Offset]))+1
			r.Warn(p.file, source.Place{Line: line + p.skipped, Col: col, Width: 1}, n.Message, n.Hint)
		}
		p.body, p.sheet = body, sheet
	}
}

// place finds an error of the engine in the workspace. Templates are named by their file,
// with #FIELD behind it for what stands in the front matter.
func (s *sources) place(le *liquid.Error) *Error {
	name, field, _ := strings.Cut(le.Template, "#")
	e := &Error{File: name, Line: le.Line, Col: le.Col, Width: 1, Message: le.Message, Hint: le.Hint}
	if h := s.hookIn(name); h != nil {
		at := h.body.Within(le.Line, le.Col, 1)
		e.Line, e.Col, e.Width = at.Line, at.Col, at.Width
		return e
	}
	if c := s.contents[name]; c != nil {
		return c.placed(e, field)
	}
	p := s.pages[name]
	if p == nil {
		return e
	}
	if n := p.fields[field]; n != nil {
		at := n.Within(le.Line, le.Col, 1)
		e.Line, e.Col, e.Width = at.Line, at.Col, at.Width
		return e
	}
	e.written(p.place)
	if e.File == name {
		e.Line += p.skipped
	}
	return e
}

// partialNames are the partials of one kind, sorted.
func (s *sources) partialNames(end string) []string {
	var names []string
	for base := range s.partials {
		if strings.HasSuffix(base, end) {
			names = append(names, strings.TrimSuffix(base, end))
		}
	}
	slices.Sort(names)
	return names
}
