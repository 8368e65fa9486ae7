package mailer

import (
	"cmp"
	"net/url"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
	"rapport/pkg/render"
)

// maxHeaderLine is how long a line may be without its CRLF (RFC 5322, section 2.1.1). An
// address cannot be broken over lines.
const maxHeaderLine = 998

// aboutHeaders says what kind of mail it is, to machines.
//
// There is no Precedence: it was never standardised, and what it asks of autoresponders,
// Auto-Submitted and List-Id ask already (RFC 3834, section 2).
func aboutHeaders(msg *gomail.Msg, c *message.Command, m render.Mail, domain string) error {
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Rapport-Message", oneLine(c.ID))
	msg.SetGenHeader("X-Rapport-Ref", oneLine(c.Ref().String()))
	msg.SetGenHeader("X-Rapport-Journey", oneLine(c.Journey))
	msg.SetGenHeader("Feedback-ID", feedbackID(c, domain))
	if c.Category != message.Marketing {
		return nil
	}
	msg.SetGenHeader("List-Id", "<"+label(purpose(c))+"."+domain+">")
	return unsubscribeHeaders(msg, m)
}

// unsubscribeHeaders are the ways out: List-Unsubscribe (RFC 2369), and List-Unsubscribe-Post,
// which says that one POST to the https address is enough (RFC 8058).
func unsubscribeHeaders(msg *gomail.Msg, m render.Mail) error {
	var ways []string
	for _, way := range []string{m.Unsubscribe, m.UnsubscribeMail} {
		if way == "" {
			continue
		}
		u, err := url.Parse(way)
		if err != nil || strings.ContainsAny(way, "<>, \t\r\n") || len(way)+len(" <>,") > maxHeaderLine || !isASCII(way) {
			return delivery.Permanent(message.ReasonRender, "the unsubscribe address cannot stand in a header")
		}
		if u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
			return delivery.Permanent(message.ReasonRender, "the unsubscribe address is neither https nor mailto")
		}
		ways = append(ways, "<"+way+">")
	}
	if len(ways) == 0 {
		return nil
	}
	msg.SetGenHeader("List-Unsubscribe", strings.Join(ways, ", "))
	if strings.HasPrefix(m.Unsubscribe, "https://") {
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	return nil
}

// purpose is what the person agreed to, or the category where the command names none.
func purpose(c *message.Command) string { return cmp.Or(c.Purpose, string(c.Category)) }

// The lengths of what Gmail calls SenderId.
const (
	minSenderID = 5
	maxSenderID = 15
)

// feedbackID is what Gmail counts complaints by (https://support.google.com/mail/answer/6254652):
// journey, purpose, channel and sender, from the narrow to the wide. None says anything of the
// person, no two are the same, since Gmail adds up what is, and the sender has 5 to 15 characters.
func feedbackID(c *message.Command, domain string) string {
	journey, reason := label(c.Journey), label(purpose(c))
	if journey == reason {
		reason = ""
	}
	sender := label(strings.ReplaceAll(domain, ".", ""))
	if len(sender) > maxSenderID {
		sender = sender[:maxSenderID]
	}
	if len(sender) < minSenderID {
		sender += "-mail"
	}
	return journey + ":" + reason + ":" + string(message.Email) + ":" + sender
}

// maxLabel is how long a label of a domain name may be.
const maxLabel = 63

// label makes a name of the shop's one of lower-case letters, digits and hyphens.
func label(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case b.Len() == maxLabel:
			return b.String()
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
