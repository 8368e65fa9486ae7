package render

import (
	"path"
	"slices"
	"sort"
	"strings"

	"rapport/pkg/condition/spelling"
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
	htmlEnd    = ".html.liquid"
	textEnd    = ".txt.liquid"
	mjmlEnd    = ".mjml"
)

// sources are the files of all templates, sorted out.
type sources struct {
	mails    map[string]*mailSource
	texts    map[message.Channel]map[string]*source.File // sms and whatsapp
	hooks    map[string]*hookSource
	layouts  map[string]*layoutSource
	partials map[string]*source.File // by file name
	files    map[string]*source.File
}

// mailSource is one e-mail.
type mailSource struct {
	html, text *source.File
	body       string // of html, behind the front matter
	skipped    int    // lines of html before body
	fields     map[string]*source.Node
	layout     *layoutSource
	place      func(line, col int) (mjml.Place, bool) // where a place of body was written; nil unless it is MJML's
}

// layoutSource is what goes around mails.
type layoutSource struct {
	html, text *source.File
	body       string // of html
	place      func(line, col int) (mjml.Place, bool)
}

// errorAt is an error at a field of the front matter.
func (m *mailSource) errorAt(field, msg, hint string) *Error {
	e := &Error{File: m.html.Name, Line: 1, Col: 1, Width: 1, Message: msg, Hint: hint}
	if n := m.fields[field]; n != nil {
		e.Line, e.Col, e.Width = n.Place.Line, n.Place.Col, n.Place.Width
	}
	return e
}

// sortOut assigns files to mails, layouts, partials and text messages, and reports those
// that are none of it.
func sortOut(files []*source.File, r *source.Report) *sources {
	s := &sources{
		mails: map[string]*mailSource{}, layouts: map[string]*layoutSource{}, hooks: map[string]*hookSource{},
		texts:    map[message.Channel]map[string]*source.File{message.SMS: {}, message.WhatsApp: {}},
		partials: map[string]*source.File{}, files: map[string]*source.File{},
	}
	for _, f := range files {
		s.files[f.Name] = f
		dir, base := path.Split(f.Name)
		if dir == webhookDir+"/" {
			s.hook(base, f, r)
			continue
		}
		texts := s.texts[message.Channel(strings.TrimSuffix(dir, "/"))]
		name, end := base, ""
		for _, e := range []string{htmlEnd, textEnd, mjmlEnd} {
			if strings.HasSuffix(base, e) {
				name, end = strings.TrimSuffix(base, e), e
			}
		}
		if name == "" || end == "" || (texts != nil && end != textEnd) {
			r.File(f.Name, "this is not the name of a template", remedyForName(texts != nil))
			continue
		}
		switch {
		case texts != nil:
			texts[name] = f
		case dir == mailDir+"/":
			s.mail(name, end, f, r)
		case dir == layoutDir+"/":
			s.layout(name, end, f, r)
		case dir == partialDir+"/":
			s.partials[base] = f
		default:
			r.File(f.Name, "no templates are expected in this directory", "use email/, email/layouts/, email/partials/, sms/ or whatsapp/")
		}
	}
	return s
}

func remedyForName(text bool) string {
	if text {
		return "call it NAME" + textEnd
	}
	return "call it NAME" + htmlEnd + ", NAME" + mjmlEnd + " or NAME" + textEnd
}

func (s *sources) mail(name, end string, f *source.File, r *source.Report) {
	m := s.mails[name]
	if m == nil {
		m = &mailSource{}
		s.mails[name] = m
	}
	if end == textEnd {
		m.text = f
	} else {
		m.html = one(m.html, f, r)
	}
}

func (s *sources) layout(name, end string, f *source.File, r *source.Report) {
	l := s.layouts[name]
	if l == nil {
		l = &layoutSource{}
		s.layouts[name] = l
	}
	if end == textEnd {
		l.text = f
	} else {
		l.html = one(l.html, f, r)
	}
}

// one is the HTML part of a mail or layout, of which there may be one only, as HTML or as MJML.
func one(before, f *source.File, r *source.Report) *source.File {
	if before != nil {
		r.File(f.Name, "the HTML part is in "+before.Name+" already", "keep one of them")
	}
	return f
}

// complete checks that each mail and layout has both parts, and reads the front matter.
func (s *sources) complete(r *source.Report) {
	for name, l := range s.layouts {
		path := layoutDir + "/" + name
		switch {
		case l.html == nil:
			r.File(l.text.Name, "the layout has no HTML part", "add "+path+htmlEnd)
		case l.text == nil:
			r.File(l.html.Name, "the layout has no plain-text part", "add "+path+textEnd)
		}
	}
	for name, m := range s.mails {
		path := mailDir + "/" + name
		switch {
		case m.html == nil:
			r.File(m.text.Name, "the e-mail has no HTML part", "add "+path+htmlEnd)
			delete(s.mails, name)
			continue
		case m.text == nil:
			r.File(m.html.Name, "the e-mail has no plain-text part", "add "+path+textEnd)
		}
		s.front(m, r)
	}
}

func (s *sources) front(m *mailSource, r *source.Report) {
	front, body, skipped := m.html.FrontMatter(r)
	m.body, m.skipped, m.fields = body, skipped, map[string]*source.Node{}
	if front == nil {
		if skipped == 0 {
			r.At(m.html, source.Place{Line: 1, Col: 1, Width: 1}, "the e-mail has no subject", "begin the file with a line ---, subject: ..., and another line ---")
		}
		return
	}
	keys := source.Keys{Known: []string{"subject", "preheader", "layout"}, Later: []string{"from", "reply_to", "to", "cc", "bcc", "attachments"}}
	if !r.Fields(front, "an e-mail's front matter", keys) {
		return
	}
	for _, key := range keys.Known {
		if n := front.Get(key); n != nil && r.Text(n, key) != "" {
			m.fields[key] = n
		}
	}
	if front.Get("subject") == nil {
		r.At(m.html, front.Place, "the e-mail has no subject", "add subject: to the front matter")
	}
	if n := m.fields["layout"]; n != nil {
		if m.layout = s.layouts[n.Value]; m.layout == nil {
			r.At(m.html, n.Place, "there is no layout "+n.Value, spelling.DidYouMean(n.Value, s.layoutNames()))
		}
	}
}

func (s *sources) layoutNames() []string {
	var names []string
	for n := range s.layouts {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
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
	for _, m := range s.mails {
		if m.html.Name != name {
			continue
		}
		if n := m.fields[field]; n != nil {
			at := n.Within(le.Line, le.Col, 1)
			e.Line, e.Col, e.Width = at.Line, at.Col, at.Width
		} else {
			e.written(m.place)
			if e.File == name {
				e.Line += m.skipped
			}
		}
	}
	for _, l := range s.layouts {
		if l.html != nil && l.html.Name == name {
			e.written(l.place)
		}
	}
	return e
}

// inPartial names the file where the engine names a partial.
func (s *sources) inPartial(le *liquid.Error, end string) *liquid.Error {
	if s.partials[le.Template+end] == nil {
		return le
	}
	named := *le
	named.Template = partialDir + "/" + le.Template + end
	return &named
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
