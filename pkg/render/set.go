package render

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/pkg/liquid"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// Set is the messages of one workspace, compiled. It does not change and is safe for
// concurrent use.
type Set struct {
	shop    Shop
	sources *sources
	// home is the messages for everybody, editions those of other languages, by tag.
	home     *edition
	editions map[string]*edition
	hooks    map[string]*liquid.Template // the bodies
	amounts  map[string]*amounts         // by locale
	ofShop   map[string]any              // the variable shop, which nobody changes
	zones    sync.Map                    // of *time.Location, by name
	known    atomic.Int64
	scratch  sync.Pool // of *[]byte, for what templates print
}

// Has reports whether there is a template of this name for the channel.
func (s *Set) Has(c message.Channel, name string) bool {
	return slices.Contains(s.Names(c), name)
}

// Names are the templates of a channel, sorted.
func (s *Set) Names(c message.Channel) []string {
	switch c {
	case message.Email:
		return slices.Sorted(maps.Keys(s.sources.mails))
	case message.SMS, message.WhatsApp:
		return slices.Sorted(maps.Keys(s.sources.texts[c]))
	case message.Webhook:
		return slices.Sorted(maps.Keys(s.sources.hooks))
	}
	return nil
}

// Languages are those that a file says it is written in, as tags of BCP 47, sorted.
func (s *Set) Languages() []string { return s.sources.tags() }

// Mail renders the e-mail of a command. Errors are permanent (*Error), save for the
// context's.
func (s *Set) Mail(ctx context.Context, c *message.Command, opts ...Option) (Mail, error) {
	m, e := s.mail(c)
	if m == nil {
		return Mail{}, s.unknown(c)
	}
	vars, links, err := s.prepare(c, opts)
	if err != nil {
		return Mail{}, &Error{File: m.page.file.Name, Message: err.Error()}
	}
	r := rendering{ctx: ctx, set: s, vars: vars, opts: s.speak(c, e, vars)}
	out := Mail{FromName: s.shop.FromName, FromAddress: s.shop.FromAddress, ReplyTo: s.shop.ReplyTo}
	out.Subject = oneLine(r.run(m.subject))
	out.Preheader = oneLine(r.run(m.preheader))
	if r.err == nil && out.Subject == "" {
		return Mail{}, m.page.errorAt("subject", "the subject is empty for this message", "give what may be missing a default")
	}
	vars["subject"], vars["preheader"] = out.Subject, out.Preheader
	out.HTML, out.Text = r.parts(m)
	if r.err != nil {
		return Mail{}, r.err
	}
	if m.hides {
		out.HTML = hide(out.HTML, out.Preheader)
	}
	links.mail(&out)
	return out, nil
}

func (s *Set) unknown(c *message.Command) error {
	return &Error{File: string(c.Channel) + "/" + c.Template, Message: "there is no such template"}
}

// zoneOf is where the person lives, else the shop's zone: what the time is, is that at which
// the message was decided, there.
func (s *Set) zoneOf(c *message.Command) *time.Location {
	if zone := s.zone(c.Timezone); zone != nil {
		return zone
	}
	if zone := s.zone(s.shop.Timezone); zone != nil {
		return zone
	}
	return time.UTC
}

// zone finds a time zone by its IANA name; nil when there is none. Reading one takes longer
// than rendering a mail, so they are kept; maxZones bounds what odd names could fill.
func (s *Set) zone(name string) *time.Location {
	if z, ok := s.zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil
	}
	if s.known.Add(1) <= maxZones {
		s.zones.Store(name, z)
	}
	return z
}

const maxZones = 1000

// rendering is one message on its way; after its first error nothing else is run.
type rendering struct {
	ctx  context.Context //nolint:containedctx // lives for one call of Mail or SMS
	set  *Set
	vars map[string]any
	opts liquid.RenderOption
	err  error
}

func (r *rendering) run(t *liquid.Template) string {
	if t == nil || r.err != nil {
		return ""
	}
	return r.set.inScratch(func(b []byte) []byte {
		out, err := t.Append(r.ctx, b, r.vars, r.opts)
		if err != nil {
			r.err = r.set.failure(r.ctx, err)
			return b
		}
		return out
	})
}

// inScratch is the text that fill appends to an empty buffer, of those that are kept.
func (s *Set) inScratch(fill func([]byte) []byte) string {
	scratch, _ := s.scratch.Get().(*[]byte)
	if scratch == nil {
		fresh := make([]byte, 0, usualScratch)
		scratch = &fresh
	}
	out := fill((*scratch)[:0])
	text := string(out)
	if *scratch = out; cap(out) <= maxScratch {
		s.scratch.Put(scratch)
	}
	return text
}

// A new buffer has room for most pages. One that became larger than maxScratch is not kept:
// an odd mail must not hold memory for ever.
const (
	usualScratch = 16 << 10
	maxScratch   = 128 << 10
)

// failure puts an error of the engine at its place in the workspace. A canceled context
// stays what it is: the message can be tried again.
func (s *Set) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("render: %w", err)
	}
	var le *liquid.Error
	if !errors.As(err, &le) {
		return &Error{Message: err.Error()}
	}
	return s.sources.place(le)
}

// oneLine makes a header value of a text: one line, without white space around it.
func oneLine(s string) string {
	before := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c == ' ' && before == ' ' || c < ' ' || c >= 0x80 {
			return strings.Join(strings.Fields(s), " ")
		}
		before = c
	}
	if s != "" && before == ' ' {
		return s[:len(s)-1]
	}
	return s
}

// tidy takes away what tags on lines of their own leave behind in plain text: white space
// at the ends of lines, and more than one empty line together.
func tidy(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 1)
	empty := 0
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" {
			if empty++; empty > 1 {
				continue
			}
		} else {
			empty = 0
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// File is the file of a template by its name within the workspace; nil when there is none.
func (s *Set) File(name string) *source.File { return s.sources.files[name] }
