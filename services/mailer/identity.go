package mailer

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"rapport/pkg/delivery"
	"rapport/pkg/dkim"
	"rapport/pkg/message"
	"rapport/pkg/render"
	"rapport/pkg/verp"
)

// Identity is how mails name who sends them, and by what their answers are known. The zero
// value names the sender's address everywhere, and signs nothing.
type Identity struct {
	// Addresses make the return path at BounceDomain and the Reply-To at ReplyDomain of
	// each mail its own. Without a domain, reports go to the sender's address and replies to
	// the shop's.
	Addresses                 *verp.Keys
	BounceDomain, ReplyDomain string
	// Sign returns what signs mails of a sender's domain at a time, such as dkim.Ring.Signer;
	// nil, or a nil Signer: mails are not signed. Nor are those through Amazon SES, which gives
	// them a Date and a Message-ID of its own and would break the signature; it signs itself.
	Sign func(domain string, at time.Time) *dkim.Signer
	// Metadata names the provider whose headers let its callbacks name our message, such as
	// "sendgrid"; Providers lists them. Empty: none.
	Metadata string
	// ConfigurationSet is the one of Amazon SES that publishes events, for mails of which
	// Metadata says ses.
	ConfigurationSet string
}

// check says what is missing, and the remedy.
func (i *Identity) check() error {
	if i.Addresses == nil && i.BounceDomain+i.ReplyDomain != "" {
		return errors.New("Identity.BounceDomain and Identity.ReplyDomain need Identity.Addresses, the keys that make addresses at them")
	}
	if _, known := metadata()[i.Metadata]; i.Metadata != "" && !known {
		return fmt.Errorf("Identity.Metadata: no headers are known for the provider %q: use one of %s", i.Metadata, strings.Join(Providers(), ", "))
	}
	if !isToken(i.ConfigurationSet) {
		return errors.New("Identity.ConfigurationSet, a name at Amazon SES, must have letters, digits, '-' and '_' only")
	}
	return nil
}

// returnPath is where reports about a mail go: the envelope's sender.
func (i *Identity) returnPath(c *message.Command, m render.Mail) (string, error) {
	if i.BounceDomain == "" {
		return m.FromAddress, nil
	}
	path, err := i.Addresses.Address(verp.Bounce, c.Ref(), i.BounceDomain)
	if err != nil {
		return "", fmt.Errorf("make the return path: %w", err)
	}
	return path, nil
}

// replyTo is what Reply-To says, as an address header has it; empty: there is none.
func (i *Identity) replyTo(c *message.Command, m render.Mail) (string, error) {
	if i.ReplyDomain == "" {
		return m.ReplyTo, nil
	}
	address, err := i.Addresses.Address(verp.Reply, c.Ref(), i.ReplyDomain)
	if err != nil {
		return "", fmt.Errorf("make the reply address: %w", err)
	}
	return (&mail.Address{Name: oneLine(m.FromName), Address: address}).String(), nil
}

// leaving is the mailto: by which a mail is left: the reply address, where services/postmaster
// understands it, or what the mail says.
func (i *Identity) leaving(c *message.Command, m render.Mail) (string, error) {
	if i.ReplyDomain == "" || m.UnsubscribeMail == "" {
		return m.UnsubscribeMail, nil
	}
	address, err := i.Addresses.Address(verp.Reply, c.Ref(), i.ReplyDomain)
	if err != nil {
		return "", fmt.Errorf("make the address to unsubscribe: %w", err)
	}
	return "mailto:" + address + "?subject=unsubscribe", nil
}

// sign puts the signatures of the sender's domain before a mail, and what the provider reads
// before those: a provider takes its own headers out, which must not break what is signed.
func (i *Identity) sign(l *letter, domain string, ref message.Ref, at time.Time) error {
	var before []byte
	if i.Metadata != "" {
		before = metadataHeaders(i.Metadata, i.ConfigurationSet, ref)
	}
	if i.Sign != nil && i.Metadata != ses {
		if s := i.Sign(domain, at); s != nil {
			signatures, err := s.Sign(l.mime, at)
			if err != nil {
				return delivery.Permanent(message.ReasonRender, err.Error())
			}
			before = append(before, signatures...)
		}
	}
	if len(before) > 0 {
		l.mime = append(before, l.mime...)
	}
	return nil
}
