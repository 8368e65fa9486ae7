package render

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/pkg/message"
)

// Call is a rendered webhook. Secrets are still named in it, as ${NAME}, so that it may be
// shown and stored; Filled puts them in.
type Call struct {
	Method  string // POST or PUT
	URL     string // https, or http on this machine
	Headers []Header
	Body    []byte // JSON
	// Timeout is how long the answer may take.
	Timeout time.Duration
	// AllowPrivate lets the call go to addresses in private networks. Whoever makes it has
	// to refuse them otherwise, because a name may lead anywhere.
	AllowPrivate bool
}

// Header is one header of a Call.
type Header struct{ Name, Value string }

// maxBody is how long the body of a webhook may be.
const maxBody = 256 << 10 // bytes

// Webhook renders the webhook of a command. The headers are those of the file, Content-Type
// unless the file has one, and Idempotency-Key with the message's id
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/), by which the
// receiver knows a repeat. Errors are permanent (*Error), save for the context's.
func (s *Set) Webhook(ctx context.Context, c *message.Command, opts ...Option) (Call, error) {
	h, t := s.sources.hooks[c.Template], s.hooks[c.Template]
	if h == nil || t == nil {
		return Call{}, s.unknown(c)
	}
	vars, _, err := s.prepare(c, opts)
	if err != nil {
		return Call{}, &Error{File: t.Name(), Message: err.Error()}
	}
	r := rendering{ctx: ctx, set: s, vars: vars, opts: s.speak(c, s.edition(c.Locale), vars)}
	body := []byte(strings.TrimSpace(r.run(t)))
	if r.err != nil {
		return Call{}, r.err
	}
	fail := func(message string) (Call, error) {
		at := h.body.Place
		return Call{}, &Error{File: h.file.Name, Line: at.Line, Col: at.Col, Width: at.Width, Message: message, Hint: "look at commas and quotes; {{ x | json }} prints a value with its quotes"}
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, new(json.RawMessage)); {
	case errors.As(err, &syntax):
		line := bytes.Count(body[:min(int(syntax.Offset), len(body))], []byte("\n")) + 1
		return fail(fmt.Sprintf("the body is no JSON: %s, in line %d of it", syntax, line))
	case err != nil:
		return fail("the body is no JSON: " + err.Error())
	case len(body) > maxBody:
		return fail(fmt.Sprintf("the body has %d bytes, at most %d are sent", len(body), maxBody))
	}
	out := h.call
	out.Body = body
	out.Headers = slices.Clone(h.call.Headers)
	for _, own := range []Header{{"Content-Type", "application/json"}, {"Idempotency-Key", c.ID}} {
		if !slices.ContainsFunc(out.Headers, func(h Header) bool { return h.Name == own.Name }) {
			out.Headers = append(out.Headers, own)
		}
	}
	return out, nil
}

// Secrets are the names of the secrets that the call needs, sorted.
func (c Call) Secrets() []string {
	names := map[string]bool{}
	collect := func(text string) {
		for _, m := range secretName.FindAllStringSubmatch(text, -1) {
			names[m[1]] = true
		}
	}
	collect(c.URL)
	for _, h := range c.Headers {
		collect(h.Value)
	}
	return slices.Sorted(maps.Keys(names))
}

// Filled is the call with its secrets in it: not for logs. find looks a secret up, as
// os.LookupEnv does. One that is not set is an error that names it; it is not permanent,
// because somebody can set it. Secrets that would add a line to a header are refused.
func (c Call) Filled(find func(name string) (string, bool)) (Call, error) {
	var missing []string
	fill := func(text string) string {
		return secretName.ReplaceAllStringFunc(text, func(ref string) string {
			value, ok := find(ref[2 : len(ref)-1])
			if !ok || value == "" || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				missing = append(missing, ref[2:len(ref)-1])
			}
			return value
		})
	}
	out := c
	out.URL = fill(c.URL)
	out.Headers = make([]Header, len(c.Headers))
	for i, h := range c.Headers {
		out.Headers[i] = Header{h.Name, fill(h.Value)}
	}
	if len(missing) > 0 {
		return Call{}, fmt.Errorf("fill in the secrets of a webhook: %s is not set to one line of text: set it in the environment", strings.Join(slices.Compact(missing), ", "))
	}
	return out, nil
}
