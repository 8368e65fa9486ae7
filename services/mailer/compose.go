package mailer

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"sync"
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
	buffer   *bytes.Buffer // that mime was written to
}

// paper is the buffers of letters that went out: one is larger than all else that a mail takes.
type paper struct{ pool sync.Pool }

// sheet is an empty buffer.
func (p *paper) sheet() *bytes.Buffer {
	b, _ := p.pool.Get().(*bytes.Buffer)
	if b == nil {
		return new(bytes.Buffer)
	}
	b.Reset()
	return b
}

// back takes the letter's memory. Nobody may look at it any more.
func (p *paper) back(l *letter) {
	if l.buffer.Cap() <= maxKept {
		p.pool.Put(l.buffer)
	}
	l.mime, l.buffer = nil, nil
}

// maxKept keeps an odd mail from holding memory for ever.
const maxKept = 128 << 10

// compose makes the MIME message: plain text and HTML as alternatives, in UTF-8 and
// quoted-printable, which every server passes on unchanged (RFC 2045, section 6.7).
// Errors are final: the address or the template is wrong.
func compose(c *message.Command, m render.Mail, who Identity, domain string, date time.Time) (*letter, error) {
	return composeOn(new(bytes.Buffer), c, m, who, domain, date)
}

// composeOn writes it into an empty buffer.
func composeOn(b *bytes.Buffer, c *message.Command, m render.Mail, who Identity, domain string, date time.Time) (*letter, error) {
	to, err := mail.ParseAddress(c.To)
	if err != nil || strings.ContainsAny(to.Address, "\r\n") {
		return nil, delivery.Permanent(message.ReasonInvalidAddress, "the recipient's address cannot be read")
	}
	host := domainOf(m.FromAddress)
	if host == "" || strings.ContainsAny(m.FromAddress, "\r\n") {
		return nil, delivery.Permanent(message.ReasonRender, "the template or the workspace names no sender address")
	}
	path, err := who.returnPath(c, m)
	if err != nil {
		return nil, err
	}
	if m.UnsubscribeMail, err = who.leaving(c, m); err != nil {
		return nil, err
	}
	if m.ReplyTo, err = who.replyTo(c, m); err != nil {
		return nil, err
	}
	msg, err := head(c, m, to.Address, cmp.Or(domain, host), date)
	if err != nil {
		return nil, err
	}
	b.Grow(len(m.Text)*9/8 + len(m.HTML)*9/8 + 2048)
	msg.SetBodyWriter(gomail.TypeTextPlain, body(b, m.Text))
	if m.HTML != "" {
		msg.AddAlternativeWriter(gomail.TypeTextHTML, body(b, m.HTML))
	}
	if _, err := msg.WriteTo(b); err != nil {
		return nil, fmt.Errorf("make the MIME message: %w", err)
	}
	l := &letter{from: path, to: to.Address, mime: b.Bytes(), buffer: b}
	return l, who.sign(l, host, c.Ref(), date)
}

// head is the message without its texts.
func head(c *message.Command, m render.Mail, to, domain string, date time.Time) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary("rapport-"+message.Hash("boundary", c.ID)))
	msg.FromMailAddress(&mail.Address{Name: m.FromName, Address: m.FromAddress})
	msg.ToMailAddress(&mail.Address{Address: to})
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, delivery.Permanent(message.ReasonRender, "the reply address cannot be read")
		}
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(oneLine(c.Ref().String()) + "@" + domain)
	msg.SetDateWithValue(date)
	return msg, aboutHeaders(msg, c, m, domainOf(m.FromAddress))
}

// domainOf is the domain of an address in lower case; empty: it has none.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// body writes a text straight to out, which is what go-mail writes the message to, and
// stands right behind the head of the text's part when it asks for the text. go-mail's own
// encoder, which it passes, gets nothing: it writes byte by byte.
func body(out *bytes.Buffer, text string) func(io.Writer) (int64, error) {
	return func(io.Writer) (int64, error) {
		writeQuoted(out, text)
		return 0, nil
	}
}

// oneLine keeps values from starting a header of their own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
