package feedback

import (
	"cmp"
	"strconv"

	"rapport/pkg/callback"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/sms"
)

// Kinds of what people write by SMS or WhatsApp.
const (
	KindStop  = "stop"  // wants no more
	KindAsk   = "ask"   // perhaps wants no more: nothing goes out until they have said so
	KindStart = "start" // wants it again
	KindHelp  = "help"  // asks who is writing
)

// kindOptedOut is the kind of an sms.failed or whatsapp.failed whose recipient has opted out at the provider.
const kindOptedOut = "opted_out"

// FromCallback is what a provider told. It reports false for what is no event of ours: that a message is queued or on its
// way, which the receipt says already, and what is not about messages. Event.MessageID may be a message.Ref or hold one.
func FromCallback(e callback.Event) (Notice, bool) {
	n := Notice{
		ID: e.ID, ProviderID: e.ProviderID, Provider: e.Provider, Channel: e.Channel, At: e.At, Reason: scrub(e.Reason),
		Detail: scrub(e.Diagnostic), Address: e.Recipient, UserAgent: e.UserAgent,
	}
	var ok bool
	switch {
	case e.Kind == callback.Received:
		ok = n.received(&e)
	case e.Channel == message.Email:
		// MailerSend gives nothing back but tags.
		n.Ref = refIn(append([]string{e.MessageID, e.MailID}, e.Tags...)...)
		ok = n.mail(&e)
	case e.Channel == message.SMS || e.Channel == message.WhatsApp:
		n.Ref = refIn(e.MessageID)
		ok = n.text(&e)
	}
	return n, ok
}

// mail is what became of mail.
func (n *Notice) mail(e *callback.Event) bool {
	switch e.Kind {
	case callback.Delivered:
		n.Type = event.EmailDelivered
	case callback.Deferred:
		n.Type, n.Kind = event.EmailDeferred, mailKind(e.Class)
	case callback.Bounced, callback.Rejected, callback.Failed:
		n.Type, n.Kind = event.EmailBounced, mailKind(e.Class)
	case callback.Complained:
		n.Type = event.EmailComplained
	case callback.Opened:
		n.Type = event.EmailOpened
		if e.Machine {
			n.Type = event.EmailPrefetched
		}
	case callback.Clicked:
		n.Type, n.URL = event.EmailClicked, e.URL
		if e.Machine {
			n.Type = event.EmailScanned
		}
	case callback.Unsubscribed:
		n.Type = event.EmailUnsubscribed
		n.withdraw("told by " + e.Provider + ": " + cmp.Or(e.Type, "unsubscribed"))
	default: // Queued and sent, the receipt says. Subscribed is as often a clerk's doing as the person's.
		return false
	}
	if e.Machine {
		n.Machine = "the provider says so"
	}
	n.Code = cmp.Or(e.Status, e.Code)
	n.kept(e)
	return true
}

// kept takes over what a provider that keeps a message back knows of the person: it would keep back all that follow.
func (n *Notice) kept(e *callback.Event) {
	if e.Class == callback.Optout || e.Class == callback.Spam {
		n.withdraw("kept back by " + e.Provider + ": " + cmp.Or(e.Code, e.Reason, string(e.Class)))
	}
}

// mailKind is a class as events name it. Somebody's earlier wish, kept by the provider, says nothing of the address.
func mailKind(c callback.Class) string {
	switch c {
	case callback.Hard, callback.Soft, callback.Block, callback.Content:
		return string(c)
	}
	return string(callback.Unspecified)
}

// text is what became of a message by SMS or WhatsApp.
func (n *Notice) text(e *callback.Event) bool {
	onWhatsApp := e.Channel == message.WhatsApp
	switch e.Kind {
	case callback.Delivered:
		n.Type = event.SMSDelivered
		if onWhatsApp {
			n.Type = event.WhatsAppDelivered
		}
	case callback.Bounced, callback.Rejected, callback.Failed:
		n.Type = event.SMSFailed
		if onWhatsApp {
			n.Type = event.WhatsAppFailed
		}
		n.Code = e.Code
		n.Kind = textKind(e, n)
		n.kept(e)
	case callback.Opened:
		n.Type = event.WhatsAppRead
		return onWhatsApp
	default:
		return false
	}
	return true
}

// textKind reads a failure by the table of package sms, which knows what a code means for the number, and by the
// callback's class where the code is none of Twilio's.
func textKind(e *callback.Event, n *Notice) string {
	code, err := strconv.Atoi(e.Code)
	failure, known := sms.Twilio(code)
	if err != nil || !known {
		if e.Class == callback.Optout {
			return kindOptedOut
		}
		return mailKind(e.Class)
	}
	n.Reason = failure.Reason
	switch failure.Class {
	case sms.OptedOut:
		return kindOptedOut
	case sms.BadNumber, sms.Unreachable, sms.Congested, sms.RateLimited, sms.Outage:
		if failure.Suppress {
			return string(callback.Hard)
		}
		return string(callback.Soft)
	case sms.Blocked:
		if failure.Suppress {
			return string(callback.Hard)
		}
		return string(callback.Block)
	case sms.Filtered, sms.Account, sms.Sender, sms.Region:
		return string(callback.Block)
	case sms.Content, sms.Request:
		return string(callback.Content)
	}
	return string(callback.Unspecified)
}

// received is what somebody wrote to us.
func (n *Notice) received(e *callback.Event) bool {
	in := e.Inbound
	if in == nil || in.From == "" {
		return false
	}
	n.Address, n.Subject, n.Text = in.From, in.Subject, in.Body
	switch e.Channel {
	case message.Email:
		n.Type, n.Ref = event.EmailReplied, refIn(e.Recipient, in.To)
		return true
	case message.SMS:
		n.Type = event.SMSReceived
	case message.WhatsApp:
		n.Type = event.WhatsAppReceived
	default:
		return false
	}
	n.wish(in)
	return true
}

// wish reads what a short message asks for. What the provider took it for goes first: it has acted on that already, and
// the shop may have given it words that nobody else knows.
func (n *Notice) wish(in *callback.Inbound) {
	reply := sms.Read(in.Body)
	n.Language, n.Reason = reply.Language, reply.Word
	switch {
	case in.Keyword == callback.Stop, reply.Intent == sms.StopWord, reply.Intent == sms.StopPhrase && !reply.Ask:
		n.Kind = KindStop
		n.withdraw(in.Body)
	case reply.Intent == sms.StopPhrase:
		n.Kind = KindAsk
		n.withdraw(in.Body)
	case in.Keyword == callback.Start, reply.Intent == sms.Start:
		n.Kind, n.reopening = KindStart, event.CutProof(valid(in.Body))
	case in.Keyword == callback.Help, reply.Intent == sms.Help:
		n.Kind = KindHelp
	}
}
