package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"rapport/pkg/lint"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/sms"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/source"
	"rapport/services/rapport/preview/sample"
)

// shown is a message as it was rendered: one of Mail, Text and Call, or Problem.
type shown struct {
	Command  *message.Command
	Mail     *render.Mail
	Text     *bubble
	Call     *call
	Problem  *workspace.Problem // why it could not be rendered
	Findings []lint.Finding
}

// bubble is a text message.
type bubble struct {
	render.SMS
	Size  sms.Size
	Parts []string // the segments, as they are sent
	// Exchanged is what is sent in place of characters that would cost segments, Costly what cannot be exchanged so.
	Exchanged []sms.Change
	Costly    []sms.Culprit
}

// call is a webhook.
type call struct {
	render.Call
	Body    string // indented
	Secrets []string
}

// show renders a message for a person.
func (s *Server) show(ctx context.Context, b *sample.Book, m sample.Message, p sample.Person, lang string) *shown {
	c := b.Command(ctx, m, p, lang, s.o.Now())
	out := &shown{Command: c}
	var err error
	switch m.Channel {
	case message.Email:
		var mail render.Mail
		if mail, err = b.Snapshot.Mail(ctx, c); err == nil {
			out.Mail = &mail
			out.Findings = lint.Mail(lint.Letter{
				Subject: mail.Subject, Preheader: mail.Preheader, HTML: mail.HTML, Text: mail.Text, Unsubscribe: leaving(mail),
			}, b.Snapshot.LintRules(c))
		}
	case message.SMS:
		var text render.SMS
		if text, err = b.Snapshot.SMS(ctx, c); err == nil {
			out.Text = bubbleOf(text)
			out.Findings = lint.SMS(text.Body, b.Snapshot.LintRules(c))
		}
	case message.WhatsApp:
		var text render.SMS
		if text, err = b.Snapshot.WhatsApp(ctx, c); err == nil {
			out.Text = &bubble{SMS: text}
		}
	case message.Webhook:
		var hook render.Call
		if hook, err = b.Snapshot.Webhook(ctx, c); err == nil {
			out.Call = callOf(hook)
		}
	}
	if err != nil {
		out.Problem = problem(b.Snapshot, err)
	}
	return out
}

// leaving are the addresses at which people end messages like a mail.
func leaving(m render.Mail) []string {
	var all []string
	for _, a := range []string{m.Unsubscribe, m.UnsubscribeMail} {
		if a != "" {
			all = append(all, a)
		}
	}
	return all
}

func bubbleOf(text render.SMS) *bubble {
	sent, changes := sms.Smallest(text.Body)
	return &bubble{SMS: text, Size: sms.Count(sent), Parts: sms.Split(sent), Exchanged: changes, Costly: sms.Costly(sent)}
}

func callOf(c render.Call) *call {
	var b bytes.Buffer
	if json.Indent(&b, c.Body, "", "  ") != nil {
		b.Write(c.Body) // Rendering has made sure that it is JSON.
	}
	return &call{Call: c, Body: b.String(), Secrets: c.Secrets()}
}

// Host is where the call goes.
func (c *call) Host() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return c.URL
	}
	return u.Host
}

// problem is why a message could not be rendered, at its place and with the lines around it.
func problem(snap *workspace.Snapshot, err error) *workspace.Problem {
	var at *render.Error
	if !errors.As(err, &at) {
		return &workspace.Problem{Message: err.Error()}
	}
	if at.Hint == "" && strings.HasPrefix(at.Message, "unknown ") {
		at.Hint = `give it a default, such as {{ profile.first_name | default: "there" }}, or ask with if`
	}
	text, known := snap.Files()[at.File]
	if !known || at.Line == 0 {
		return &workspace.Problem{File: at.File, Line: at.Line, Col: at.Col, Message: at.Message, Hint: at.Hint}
	}
	var r source.Report
	r.At(source.NewFile(at.File, string(text)), source.Place{Line: at.Line, Col: at.Col, Width: at.Width}, at.Message, at.Hint)
	return &r.Problems()[0]
}

// KnowsDark reports whether a mail has styles for the dark.
func (s *shown) KnowsDark() bool {
	return s.Mail != nil && strings.Contains(strings.ToLower(s.Mail.HTML), "prefers-color-scheme")
}

// Data is what the message was made of, indented.
func (s *shown) Data() string {
	var b bytes.Buffer
	if json.Indent(&b, s.Command.Vars, "", "  ") != nil {
		return string(s.Command.Vars)
	}
	return b.String()
}
