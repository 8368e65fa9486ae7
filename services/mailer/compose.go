package mailer

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// letter is a mail as it goes over the wire.
type letter struct {
	from, to string // envelope, without angle brackets
	mime     []byte
}

// compose makes the MIME message: plain text and HTML as alternatives, in UTF-8 and
// quoted-printable, which every server passes on unchanged (RFC 2045, section 6.7).
// Errors are final: the address or the template is wrong.
func compose(c *message.Command, m render.Mail, domain string, date time.Time) (*letter, error) {
	to, err := mail.ParseAddress(c.To)
	if err != nil || strings.ContainsAny(to.Address, "\r\n") {
		return nil, delivery.Permanent(message.ReasonInvalidAddress, "the recipient's address cannot be read")
	}
	from := mail.Address{Name: m.FromName, Address: m.FromAddress}
	_, host, ok := strings.Cut(m.FromAddress, "@")
	if !ok {
		return nil, delivery.Permanent(message.ReasonRender, "the template or the workspace names no sender address")
	}
	if domain == "" {
		domain = host
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary("rapport-"+message.Hash("boundary", c.ID)))
	msg.FromMailAddress(&from)
	msg.ToMailAddress(&mail.Address{Address: to.Address})
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, delivery.Permanent(message.ReasonRender, "the reply address cannot be read")
		}
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(oneLine(c.ID) + "@" + domain)
	msg.SetDateWithValue(date)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Rapport-Message", oneLine(c.ID))
	msg.SetGenHeader("X-Rapport-Journey", oneLine(c.Journey))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	var b bytes.Buffer
	b.Grow(len(m.Text) + len(m.HTML)*9/8 + 2048)
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("make the MIME message: %w", err)
	}
	return &letter{from: m.FromAddress, to: to.Address, mime: b.Bytes()}, nil
}

// oneLine keeps values from starting a header of their own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
