package journey

import (
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// FallBack is another message for somebody whom the first does not reach: it failed, the last look
// kept it back, or nobody heard of its arrival in time. What policy blocks when it is decided is
// Blocked's concern, and nothing is waited for then.
type FallBack struct {
	Send  *Send         // its own Blocked and FallBack are not asked
	After time.Duration // from the first on
}

// The visits that a step's messages are made at; their ids follow from them.
const (
	visitFirst = iota
	visitInstead
	visitFallBack
)

// The answers to a message that somebody rests for, as Heard keeps them.
const (
	arrived = iota + 1
	lost
)

// arrivals are the events by which a channel's message has reached somebody. A call that was
// answered has. What a provider has taken has not.
func arrivals(c message.Channel) []string {
	switch c {
	case message.Email:
		return []string{event.EmailDelivered, event.EmailOpened, event.EmailClicked}
	case message.SMS:
		return []string{event.SMSDelivered}
	case message.WhatsApp:
		return []string{event.WhatsAppDelivered, event.WhatsAppRead}
	}
	return []string{event.MessageSent}
}

// losses are those by which it never will.
func losses(c message.Channel) []string {
	all := []string{event.MessageFailed, event.MessageSuppressed}
	switch c {
	case message.Email:
		return append(all, event.EmailBounced)
	case message.SMS:
		return append(all, event.SMSFailed)
	case message.WhatsApp:
		return append(all, event.WhatsAppFailed)
	}
	return all
}

// own is the message that a step is there for; nil: it sends none.
func (s *Step) own() *Send {
	switch {
	case s.Send != nil:
		return s.Send
	case s.Survey != nil:
		return &s.Survey.Send
	}
	return nil
}

// awaited is the message of a step that the instance rests for. It was sent since the instance came
// to the step: of one that a changed journey leads back to, nobody knows any more what became.
func (in *Instance) awaited(step string) (SentRef, bool) {
	first, after := message.ID(in.ID, step, visitFirst), message.ID(in.ID, step, visitFallBack)
	sent := func(id string) int {
		return slices.IndexFunc(in.Sent, func(r SentRef) bool { return r.ID == id })
	}
	i := sent(first)
	if i < 0 || in.Sent[i].At.Before(in.Since) || sent(after) >= 0 {
		return SentRef{}, false
	}
	return in.Sent[i], true
}

// fallBack decides the other message, and reports whether the instance rests until it may go.
func (w *walk) fallBack(in *Instance, d *Definition, s *Step, what *FallBack, first SentRef) (rests bool) {
	v := w.judge(in, d, s.ID, what.Send.Channel)
	if until, ok := w.deferral(first.At.Add(what.After), what.Send, v); ok {
		in.Due = until
		return true
	}
	w.decide(in, d, s, what.Send, v, visitFallBack)
	return false
}

// told is what an event says of the message that the instance rests for: arrived, lost, or zero.
func (w *walk) told(in *Instance, s *Step) int {
	what := s.own()
	if what == nil || what.FallBack == nil {
		return 0
	}
	first, ok := in.awaited(s.ID)
	if !ok {
		return 0
	}
	fate := 0
	switch {
	case slices.Contains(arrivals(what.Channel), w.event.Type):
		fate = arrived
	case slices.Contains(losses(what.Channel), w.event.Type):
		fate = lost
	default:
		return 0
	}
	if id, _ := property(properties(w.event.Data), "message_id", "", "", time.Time{}).(string); id != first.ID {
		return 0
	}
	return fate
}
