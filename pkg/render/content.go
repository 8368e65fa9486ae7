package render

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"rapport/pkg/liquid"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// Content is a message whose wording WhatsApp has approved: Twilio has the text, and is told which
// it is and what goes into its places
// (https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder).
type Content struct {
	SID       string // HX...; empty: none
	Variables string // a JSON object of texts by place, {"1":"Ada"}; empty: it has none
}

const (
	contentEnd = ".yaml"
	// maxContentVariables is how many places Twilio fills.
	maxContentVariables = 100
)

// ContentKeys are the keys of the file of an approved content.
func ContentKeys() []string { return []string{"content_sid", "variables", "text"} }

var (
	contentSID   = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)
	contentPlace = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	placeholder  = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
)

// contentSource is whatsapp/NAME.yaml.
type contentSource struct {
	file *source.File
	sid  string
	text string                  // as it was approved, with {{1}} where variables go
	vars map[string]*source.Node // by place
}

// content reads whatsapp/NAME.yaml or whatsapp/NAME.LANGUAGE.yaml.
func (s *sources) content(base string, f *source.File, r *source.Report) {
	name, tag, slip := versionOf(strings.TrimSuffix(base, contentEnd))
	switch {
	case name == "":
		r.File(f.Name, "this is not the name of a template", remedyForName(true))
		return
	case slip:
		r.File(f.Name, "this is not how a language is named", "call it whatsapp/"+name+"."+tag+contentEnd)
		return
	}
	texts := s.texts[message.WhatsApp]
	if other := texts[name][tag]; other != nil {
		r.File(f.Name, "the message is in "+other.Name+" already", "keep one of them")
		return
	}
	c := &contentSource{file: f, vars: map[string]*source.Node{}}
	texts[name] = texts[name].with(tag, f)
	s.contents[f.Name] = c
	n := f.YAML(r)
	if n == nil || !r.Fields(n, "a content that was approved", source.Keys{Known: ContentKeys()}) {
		return
	}
	for key, remedy := range map[string]string{
		"content_sid": "add content_sid: with the SID that Twilio shows for it, HX and 32 digits",
		"text":        "add text: as it was approved, with {{1}} and so on: previews and tests show it",
	} {
		if n.Get(key) == nil {
			r.At(f, n.Place, key+": is missing", remedy)
		}
	}
	if c.sid = r.Text(n.Get("content_sid"), "content_sid"); c.sid != "" && !contentSID.MatchString(c.sid) {
		r.At(f, n.Get("content_sid").Place, c.sid+" is not the SID of a content", "it is HX and 32 hexadecimal digits")
	}
	c.places(n.Get("variables"), r)
	if c.text = strings.TrimSpace(r.Text(n.Get("text"), "text")); c.text != "" {
		c.check(n.Get("text"), r)
	}
}

// contentOf is the content in a file; nil for a text.
func (s *sources) contentOf(f *source.File) *contentSource {
	if f == nil {
		return nil
	}
	return s.contents[f.Name]
}

// places reads what goes into the places of the text.
func (c *contentSource) places(n *source.Node, r *source.Report) {
	switch {
	case n == nil:
		return
	case n.Kind != source.Map:
		r.At(n.File, n.Place, "variables must be a mapping, not "+n.Kind.String(), `write each place on a line: "1": "{{ profile.first_name | default: 'there' }}"`)
		return
	case len(n.Pairs) > maxContentVariables:
		r.At(n.File, n.Place, fmt.Sprintf("a content has at most %d variables", maxContentVariables), "")
		return
	}
	for _, p := range n.Pairs {
		if !contentPlace.MatchString(p.Key) {
			r.At(n.File, p.At, p.Key+" cannot be the place of a variable", `use the number or the word between the braces of the text, such as "1"`)
			continue
		}
		if r.Text(p.Value, p.Key) != "" {
			c.vars[p.Key] = p.Value
		}
	}
}

// check looks for places that nothing goes into: Twilio would put in the samples of the approval.
func (c *contentSource) check(n *source.Node, r *source.Report) {
	told := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(c.text, -1) {
		if c.vars[m[1]] == nil && !told[m[1]] {
			told[m[1]] = true
			r.At(n.File, n.Place, "nothing goes into {{"+m[1]+"}}: people would read the sample that was approved", fmt.Sprintf("add it to variables: %q: ...", m[1]))
		}
	}
}

// approved is a content, compiled for an edition.
type approved struct {
	*contentSource
	vars map[string]*liquid.Template
}

func (a *approved) templates() []*liquid.Template {
	var all []*liquid.Template
	for _, name := range slices.Sorted(maps.Keys(a.vars)) {
		all = append(all, a.vars[name])
	}
	return all
}

// content compiles the variables of a content.
func (c *compilation) content(text *engine, src *contentSource) *approved {
	a := &approved{contentSource: src, vars: map[string]*liquid.Template{}}
	for _, name := range slices.Sorted(maps.Keys(src.vars)) {
		if t := c.parse(text, src.file.Name+"#"+name, src.vars[name].Value); t != nil {
			a.vars[name] = t
		}
	}
	return a
}

// approved is the content that a command's template is, in the edition for its reader; nil where it
// is a text.
func (s *Set) approved(c *message.Command) (*approved, *edition) {
	e := s.edition(c.Locale)
	if a := e.contents[c.Template]; a != nil {
		return a, e
	}
	if e.texts[message.WhatsApp][c.Template] != nil {
		return nil, nil
	}
	return s.home.contents[c.Template], s.home
}

// Approved reports whether a WhatsApp message is one that was approved, for the readers of every
// language: it may be sent to who has not written within a day.
func (s *Set) Approved(name string) bool {
	versions := s.sources.texts[message.WhatsApp][name]
	for _, f := range versions {
		if s.sources.contents[f.Name] == nil {
			return false
		}
	}
	return len(versions) > 0
}

// fill renders what goes into a content, and what people read.
func (s *Set) fill(ctx context.Context, c *message.Command, a *approved, e *edition, opts []Option) (SMS, error) {
	vars, links, err := s.prepare(c, opts)
	if err != nil {
		return SMS{}, &Error{File: a.file.Name, Message: err.Error()}
	}
	r := rendering{ctx: ctx, set: s, vars: vars, opts: s.speak(c, e, vars)}
	values := make(map[string]string, len(a.vars))
	for _, name := range slices.Sorted(maps.Keys(a.vars)) {
		// WhatsApp takes no line breaks in what is filled in, and Twilio nothing that is empty.
		values[name] = links.text(oneLine(r.run(a.vars[name])))
		if r.err != nil {
			return SMS{}, r.err
		}
		if values[name] == "" {
			at := a.contentSource.vars[name].Place
			return SMS{}, &Error{
				File: a.file.Name, Line: at.Line, Col: at.Col, Width: at.Width,
				Message: "the variable " + name + " is empty for this message", Hint: "give what may be missing a default",
			}
		}
	}
	out := SMS{Content: Content{SID: a.sid}}
	out.Body = placeholder.ReplaceAllStringFunc(a.text, func(m string) string {
		return values[placeholder.FindStringSubmatch(m)[1]]
	})
	if len(values) > 0 {
		b, err := json.Marshal(values)
		if err != nil {
			return SMS{}, &Error{File: a.file.Name, Message: err.Error()}
		}
		out.Content.Variables = string(b)
	}
	return out, nil
}

// placed is where an error in a variable of a content was written.
func (c *contentSource) placed(e *Error, field string) *Error {
	if n := c.vars[field]; n != nil {
		at := n.Within(e.Line, e.Col, 1)
		e.Line, e.Col, e.Width = at.Line, at.Col, at.Width
	}
	return e
}
