package feedback

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/bounce"
	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Arrival is how a mail came back to us.
type Arrival struct {
	// ID tells the mail from all others, and is the same when it is read again: its own Message-ID, or a digest.
	ID string
	At time.Time
	// Ref is the message that the address names at which it came in (VERP). When it is zero, the report is searched.
	Ref message.Ref
}

// byMail is the Provider of what came by mail.
const byMail = "mail"

// FromReport is what a mail that came back says: a notice for each recipient, or one for an answer. None is for mail
// that says nothing we act upon: a relay's receipt, or a report that something is no spam.
func FromReport(r bounce.Report, in Arrival) []Notice {
	base := Notice{Provider: byMail, Channel: message.Email, At: in.At, Ref: in.Ref}
	if base.Ref.IsZero() {
		base.Ref = refOf(&r)
	}
	switch r.Kind {
	case bounce.Bounce, bounce.Delay, bounce.Delivered:
		return deliveries(base, &r, in)
	case bounce.Complaint:
		return complaints(base, &r, in)
	case bounce.AutoReply, bounce.Reply, bounce.Mail:
		return []Notice{answer(base, &r, in)}
	}
	return nil
}

// refOf searches a report for the message that it is about: the returned header, the envelope's id, its Message-ID, and
// what the mail refers to.
func refOf(r *bounce.Report) message.Ref {
	mine := refIn(r.Original("X-Rapport-Message"), r.EnvelopeID, r.MessageID)
	if !mine.IsZero() {
		return mine
	}
	return refIn(r.References...)
}

// deliveries are the notices about recipients.
func deliveries(base Notice, r *bounce.Report, in Arrival) []Notice {
	var all []Notice
	for i := range r.Recipients {
		to := &r.Recipients[i]
		n := base
		switch to.Action {
		case "failed":
			n.Type, n.Kind = event.EmailBounced, string(cmp.Or(to.Class, bounce.Other))
		case "delayed":
			n.Type, n.Kind = event.EmailDeferred, string(cmp.Or(to.Class, bounce.Soft))
		case "delivered":
			n.Type = event.EmailDelivered
		default: // Relayed and expanded: what became of it beyond, nobody says.
			continue
		}
		n.Address, n.Code = to.Address, to.Status
		if n.Code == "" && to.Code != 0 {
			n.Code = strconv.Itoa(to.Code)
		}
		n.Reason, n.Detail = scrub(to.Reason), scrub(to.Diagnostic)
		n.ID = identify(n.Type, about(&n, r, in), strings.ToLower(to.Address), n.Code)
		all = append(all, n)
	}
	return all
}

// about is what a report is about, as part of an id: the message, so that two servers which tell of one failure, or one
// that tells it twice, say one thing. Where nobody knows the message, it is the mail itself.
func about(n *Notice, r *bounce.Report, in Arrival) string {
	if !n.Ref.IsZero() {
		return n.Ref.String()
	}
	return cmp.Or(r.MessageID, in.ID)
}

// complaints are the notices about complaints: one for each recipient, or one when the report names nobody.
func complaints(base Notice, r *bounce.Report, in Arrival) []Notice {
	switch r.Feedback {
	case "not-spam", "auth-failure", "dmarc": // RFC 6430, RFC 6591: no complaint of anybody's.
		return nil
	case "opt-out", "opt-out-list", "unsubscribe": // drafts before RFC 5965 had them, and some still send them
		base.Type = event.EmailUnsubscribed
	default:
		base.Type = event.EmailComplained
	}
	base.Reason, base.UserAgent = scrub(r.Feedback), r.UserAgent
	to := r.Recipients
	if len(to) == 0 {
		to = []bounce.Recipient{{}}
	}
	var all []Notice
	for i := range to {
		n := base
		n.Address = to[i].Address
		n.ID = identify(n.Type, about(&n, r, in), strings.ToLower(n.Address))
		if n.Type == event.EmailUnsubscribed {
			n.withdraw("feedback report " + r.Feedback)
		}
		all = append(all, n)
	}
	return all
}

// answer is what a person wrote, or a machine for one. Each mail is one of its own.
func answer(n Notice, r *bounce.Report, in Arrival) Notice {
	n.Type = event.EmailReplied
	if r.Kind == bounce.AutoReply {
		n.Type, n.Machine = event.EmailAutoReplied, scrub(r.Auto)
	}
	n.Address, n.Subject, n.Text = r.From, r.Subject, r.Text
	n.ID = identify(n.Type, in.ID)
	return n
}

// Unsubscription is an answer by mail that asks for no more of it: an email.unsubscribed instead of an email.replied, which
// withdraws consent. proof says how it was asked for, without addresses.
func (n Notice) Unsubscription(proof string) Notice {
	n.Type, n.ID = event.EmailUnsubscribed, identify(event.EmailUnsubscribed, n.ID)
	n.withdraw(proof)
	return n
}
