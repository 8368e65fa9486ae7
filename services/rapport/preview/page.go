package preview

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"rapport/pkg/lint"
	"rapport/pkg/message"
	"rapport/pkg/rehearsal/script"
	"rapport/pkg/workspace"
	"rapport/services/rapport/preview/sample"
)

// clip is where Gmail cuts a mail off, in bytes of HTML (see package lint).
const clip = 102 << 10

// page is all that the template prints.
type page struct {
	choice
	Shop      string
	Dir, Base string // the workspace
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
	Again   bool // another one of the journey is made of the same template, so that the step tells them apart
}

// page reads the request and makes what it asks for.
func (s *Server) page(r *http.Request) *page {
	c := read(r.URL.Query())
	book, broken := s.current()
	snap := book.Snapshot
	p := &page{choice: c, Shop: snap.Shop().Name, Dir: s.o.Dir, Base: filepath.Base(s.o.Dir), Broken: broken.Errors(), Notes: book.Problems}
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
		again := slices.IndexFunc(g.Items, func(i item) bool { return i.Name() == m.Name() })
		if again >= 0 {
			g.Items[again].Again = true
		}
		g.Items = append(g.Items, item{m, p.Link("message", m.Key()), m == current, again >= 0})
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

// crowd is people of one kind.
type crowd struct {
	Title  string
	People []sample.Person
}

// Crowds are the people to choose from, by where they come from.
func (p *page) Crowds() []crowd {
	all := []crowd{{Title: "Built in"}, {Title: "Of this workspace"}, {Title: "Of the journey’s tests"}}
	for _, person := range p.People {
		i := 0
		switch dir, _, _ := strings.Cut(person.Name, "/"); dir {
		case sample.Dir:
			i = 1
		case script.Dir:
			i = 2
		}
		all[i].People = append(all[i].People, person)
	}
	return slices.DeleteFunc(all, func(c crowd) bool { return len(c.People) == 0 })
}

// Grave are the findings that somebody should do something about, Slight those that are worth a thought.
func (p *page) Grave() []lint.Finding {
	return p.found(func(s lint.Severity) bool { return s > lint.Info })
}

func (p *page) Slight() []lint.Finding {
	return p.found(func(s lint.Severity) bool { return s == lint.Info })
}

func (p *page) found(of func(lint.Severity) bool) []lint.Finding {
	return slices.DeleteFunc(slices.Clone(p.Findings), func(f lint.Finding) bool { return !of(f.Severity) })
}

// Frame is the address of what goes into a frame. It changes with the mail, so that a frame is loaded anew only then.
func (p *page) Frame() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.Mail.HTML)) // A hash takes everything.
	return fmt.Sprintf("/frame?%s&v=%x", p.query(), h.Sum64())
}

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
	switch {
	case p.Mail != nil:
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
