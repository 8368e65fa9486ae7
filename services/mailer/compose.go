package mailer

import (
	"cmp"
	"net/mail"
	"strings"
	"time"

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
func compose(c *message.Command, m render.Mail, who Identity, domain string, date time.Time) (*letter, error) {
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
	w := &writer{}
	w.Grow(quotedSize(m.Text) + quotedSize(m.HTML) + headSize)
	if err := head(w, c, m, to.Address, cmp.Or(domain, host), date); err != nil {
		return nil, err
	}
	w.alternatives("rapport-"+message.Hash("boundary", c.ID), m.Text, m.HTML)
	l := &letter{from: path, to: to.Address, mime: w.Bytes()}
	return l, who.sign(l, host, c.Ref(), date)
}

// headSize is room for what is not a mail's texts, in bytes.
const headSize = 2048

// head writes the header of the message, without what its texts say of themselves.
func head(w *writer, c *message.Command, m render.Mail, to, domain string, date time.Time) error {
	reply := ""
	if m.ReplyTo != "" {
		address, err := mail.ParseAddress(m.ReplyTo)
		if err != nil {
			return delivery.Permanent(message.ReasonRender, "the reply address cannot be read")
		}
		reply = address.String()
	}
	w.plain("Date", date.Format(time.RFC1123Z))
	w.plain("MIME-Version", "1.0")
	w.header("Message-ID", "<"+oneLine(c.Ref().String())+"@"+domain+">")
	w.header("Subject", oneLine(m.Subject))
	w.plain("From", (&mail.Address{Name: m.FromName, Address: m.FromAddress}).String())
	w.plain("To", (&mail.Address{Address: to}).String())
	if reply != "" {
		w.plain("Reply-To", reply)
	}
	return aboutHeaders(w, c, m, domainOf(m.FromAddress))
}

// domainOf is the domain of an address in lower case; empty: it has none.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// oneLine keeps values from starting a header of their own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
