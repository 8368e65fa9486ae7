package bounce

import (
	"errors"
	"strings"
)

// Kind says what a mail that came back is.
type Kind string

// The kinds.
const (
	Bounce    Kind = "bounce"     // at least one recipient was given up
	Delay     Kind = "delay"      // not delivered yet; the server goes on trying
	Delivered Kind = "delivered"  // a receipt: delivered, relayed or expanded, and nothing failed
	Complaint Kind = "complaint"  // a feedback report (RFC 5965)
	AutoReply Kind = "auto-reply" // a machine answered: vacation, out of office, a ticket system
	Reply     Kind = "reply"      // a person answered a mail
	Mail      Kind = "mail"       // a person wrote, to nothing in particular as far as the mail says
)

// Class says whose fault it is that a recipient was not reached, and so what to do about the address.
type Class string

// The classes.
const (
	Hard    Class = "hard"    // there is no such mailbox or domain, or it is closed: do not write there again
	Soft    Class = "soft"    // it may work later: full, greylisted, unreachable, busy
	Block   Class = "block"   // the sender is refused: policy, authentication, reputation, spam; not the person's fault
	Message Class = "message" // this message is refused: too big, its content or its form
	Other   Class = "other"   // refused, and nothing says why
)

// Recipient is what a report says about one address.
type Recipient struct {
	// Address is the one that was written to: the Original-Recipient where a report has it, or else the Final-Recipient
	// or the address in the text.
	Address string
	// Final is the address at which it ended, when that is another one: mail was forwarded.
	Final string
	// Action is that of RFC 3464, section 2.3.3: failed, delayed, delivered, relayed or expanded. A report that does not
	// follow the RFC has failed or delayed.
	Action string
	// Status is the enhanced code of RFC 3463, such as 5.1.1, and "" when the report has none.
	Status string
	// Code is the SMTP reply code of RFC 5321, such as 550, and 0 when the report has none.
	Code int
	// Diagnostic is what the server said, in one line of at most 1,000 bytes.
	Diagnostic string
	// RemoteMTA is the host that said it, and "" when the report does not say.
	RemoteMTA string
	// Class is "" unless Action is failed or delayed.
	Class Class
	// Reason is why Class is what it is, in a few words that are the same for all servers, such as "no such user".
	Reason string
}

// Report is what one mail says.
type Report struct {
	Kind Kind
	// From is the address that the mail claims to be from, and Subject its decoded subject.
	From, Subject string
	// MessageID is the Message-ID of the mail that this one is about, without angle brackets: that of the returned
	// headers, or else what it replies to. It is "" when the mail does not say.
	MessageID string
	// References are all messages that In-Reply-To and References name, the nearest first.
	References []string
	// EnvelopeID is the ENVID that was given when the mail was sent (RFC 3461), and ReportingMTA who reports.
	EnvelopeID, ReportingMTA string
	// Recipients are those of a Bounce, a Delay, a Delivered, and, as far as it tells, of a Complaint.
	Recipients []Recipient
	// Feedback is the Feedback-Type of a complaint: abuse, fraud, virus, not-spam, auth-failure, other, ... UserAgent is
	// the program that made the feedback report.
	Feedback, UserAgent string
	// Auto is what told that an AutoReply is one, such as "Auto-Submitted: auto-replied".
	Auto string
	// Text is what a person wrote, or a machine answered, without quoted history and signature; at most 64 KiB.
	Text string

	original header
}

// Original is a header of the mail that came back, such as X-Rapport-Message: its first value, decoded, and "" when the
// report does not return it. The case of name does not matter.
func (r *Report) Original(name string) string {
	return decodeWords(r.original.get(strings.ToLower(name)))
}

// ErrNoMail is returned for bytes that have no header of a mail.
var ErrNoMail = errors.New("read returned mail: there is no header; hand over the whole message as it was received")

// Read says what a mail is that came back to a sender. It takes the message as it was received, with any line ends, and
// reads the first 8 MiB of it. What is broken is read as far as it goes: the one error is ErrNoMail.
func Read(raw []byte) (Report, error) {
	m, ok := parse(raw)
	if !ok {
		return Report{}, ErrNoMail
	}
	r := Report{
		From:    addressIn(m.header.get("from")),
		Subject: keep(oneLine(decodeWords(m.header.get("subject"))), maxLine),
	}
	for _, name := range []string{"in-reply-to", "references"} {
		ids := messageIDs(m.header.get(name))
		for i := len(ids) - 1; i >= 0; i-- {
			r.References = appendNew(r.References, ids[i])
		}
	}
	r.original = m.original()
	r.MessageID = firstOf(messageIDs(r.original.get("message-id")))

	switch {
	case m.feedback(&r), m.status(&r), m.plain(&r):
		if r.MessageID == "" {
			r.MessageID = firstOf(r.References)
		}
		return r, nil
	}
	// A mail that a person forwards is not what this one answers.
	r.original = nil
	r.MessageID = firstOf(r.References)
	r.Text = m.reply()
	switch r.Auto = automatic(m.header, r.Subject); {
	case r.Auto != "":
		r.Kind = AutoReply
	case len(r.References) > 0 || answers(r.Subject):
		r.Kind = Reply
	default:
		r.Kind = Mail
	}
	return r, nil
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
