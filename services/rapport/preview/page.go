package preview

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rapport/pkg/message"
	"rapport/pkg/workspace"
	"rapport/services/rapport/preview/sample"
)

// clip is where Gmail cuts a mail off, in bytes of HTML (see package lint).
const clip = 102 << 10

// page is all that the template prints.
type page struct {
	choice
	Shop, Dir string
	Groups    []group
	Matches   int
	Broken    workspace.Problems // of the files, whose last good state is shown
	Notes     workspace.Problems // of samples and tests
	Lost      bool               // there is no such message
	Empty     bool               // nor any at all

	Message  sample.Message
	Files    []string
	People   []sample.Person
	Person   sample.Person
	NoPerson bool // there is no such one; another is shown
	Tags     []string
	*shown
}

// group is the messages of a journey; of none: Title is empty.
type group struct {
	Name, Title string
	Items       []item
}

// item is one line of the list.
type item struct {
	sample.Message
	Link    string
	Current bool
}

// page reads the request and makes what it asks for.
func (s *Server) page(r *http.Request) *page {
	c := read(r.URL.Query())
	book, broken := s.current()
	snap := book.Snapshot
	p := &page{choice: c, Shop: snap.Shop().Name, Dir: s.o.Dir, Broken: broken.Errors(), Notes: book.Problems}
	m, found := sample.Find(book.Messages, c.Message)
	switch {
	case c.Message == "" && len(book.Messages) > 0:
		m = book.Messages[0]
	case c.Message == "":
		p.Empty = true
	case !found:
		p.Lost = true
	}
	p.list(book.Messages, m)
	if p.Lost || p.Empty {
		return p
	}
	p.Message, p.choice.Message = m, m.Key()
	p.Files, p.Tags = filesOf(snap, m), tags(snap)
	p.People = book.People(r.Context(), m)
	p.Person, found = personNamed(p.People, c.Profile)
	p.NoPerson = !found
	p.Lang = languageOf(snap, c.Lang)
	p.shown = s.show(r.Context(), book, m, p.Person, p.Lang)
	if p.View == "page" && p.shown.Mail == nil {
		p.Look, p.Width = looks[0], widths[0]
	}
	return p
}

// list is the list on the left: what matches the query, by journey.
func (p *page) list(all []sample.Message, current sample.Message) {
	words := strings.Fields(strings.ToLower(p.Query))
	for _, m := range all {
		text := strings.ToLower(strings.Join([]string{m.Title, m.Journey, m.Step, m.Name()}, " "))
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Name != m.Journey {
			p.Groups = append(p.Groups, group{Name: m.Journey, Title: m.Title})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Items = append(g.Items, item{m, p.Link("message", m.Key()), m == current})
		p.Matches++
	}
}

// personNamed is the person of a name; the first, and false, where nobody has it. An empty name is the first's.
func personNamed(people []sample.Person, name string) (sample.Person, bool) {
	i := slices.IndexFunc(people, func(p sample.Person) bool { return p.Name == name })
	if i < 0 {
		return people[0], name == ""
	}
	return people[i], true
}

// tags are the languages to choose from.
func tags(snap *workspace.Snapshot) []string {
	all := map[string]bool{snap.Shop().Locale: true}
	for _, t := range snap.Languages() {
		all[t] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// languageOf is the language that was asked for, if it is one of those to choose from.
func languageOf(snap *workspace.Snapshot, tag string) string {
	if slices.Contains(tags(snap), tag) {
		return tag
	}
	return ""
}

// filesOf are the files that a message is written in.
func filesOf(snap *workspace.Snapshot, m sample.Message) []string {
	var all []string
	for name := range maps.Keys(snap.Files()) {
		if strings.HasPrefix(name, m.Name()+".") {
			all = append(all, name)
		}
	}
	return slices.Sorted(slices.Values(all))
}

// Frame is the address of what goes into a frame.
func (p *page) Frame() string { return "/frame?" + p.query() }

// Heading is what the page shows.
func (p *page) Heading() string {
	switch {
	case p.Lost:
		return "There is no such message"
	case p.Empty:
		return "No messages yet"
	}
	return p.Message.Template
}

// Clipped is how much of what Gmail shows a mail fills, in percent.
func (p *page) Clipped() int { return len(p.Mail.HTML) * 100 / clip }

// Initial stands in the place of a picture of the sender.
func (p *page) Initial() string {
	for _, r := range p.Mail.FromName + p.Mail.FromAddress {
		return strings.ToUpper(string(r))
	}
	return "?"
}

// Clock is when the message is thought to come.
func (p *page) Clock() string { return p.Command.DecidedAt.Format("15:04") }

// Views are what can be seen of the message, with their names.
func (p *page) Views() [][2]string {
	switch p.Message.Channel {
	case message.Email:
		return [][2]string{{"page", "Message"}, {"text", "Plain text"}, {"source", "Source"}, {"data", "Data"}}
	default:
		return [][2]string{{"page", "Message"}, {"data", "Data"}}
	}
}

// Kind is the channel in words.
func (p *page) Kind() string { return kinds[p.Message.Channel] }

var kinds = map[message.Channel]string{message.Email: "E-mail", message.SMS: "SMS", message.WhatsApp: "WhatsApp", message.Webhook: "Webhook"}

// place is where a problem is, as editors read it.
func place(x workspace.Problem) string {
	switch {
	case x.File == "":
		return ""
	case x.Line == 0:
		return x.File
	}
	return fmt.Sprintf("%s:%d:%d", x.File, x.Line, x.Col)
}

// kilobytes is a number of bytes in KB, by which Gmail's limit is told.
func kilobytes(n int) string { return fmt.Sprintf("%.1f", float64(n)/1024) }

func size(s string) int { return len(s) }

// mostShown bounds how much of a source is shown, in bytes.
const mostShown = 512 << 10

// numbered are the lines of a source.
func numbered(text string) []string {
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "\n…"
	}
	return strings.Split(strings.TrimRight(text, "\n"), "\n")
}

// wrong is a problem as the template prints it.
type wrong struct {
	workspace.Problem
	Place string
}

// Wrong is a problem with its place.
func (p *page) Wrong(x any) wrong {
	switch x := x.(type) {
	case workspace.Problem:
		return wrong{x, place(x)}
	case *workspace.Problem:
		return wrong{*x, place(*x)}
	}
	return wrong{}
}
