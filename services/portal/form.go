package portal

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// formBucket is the time in which the same form with the same choices is the same wish. It is short: a wish, its undoing and
// the same wish again must be three, also for somebody who goes back and forth in the browser.
const formBucket = 5 * time.Second

// read reads the request's form, which has to come from our own pages, and not too often; why is "" for a good one.
func (s *Service) read(r *request) (why reason) {
	if why := r.parse(); why != "" {
		return why
	}
	if err := http.NewCrossOriginProtection().Check(r.Request); err != nil {
		return foreign
	}
	if !s.rates.allows(household(s.address(r.Request)), r.now) {
		return tooMany
	}
	return ""
}

// parse reads a form in either of the two encodings that browsers and mail clients send.
func (r *request) parse() (why reason) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch kind {
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxBody)
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	default:
		return notForm
	}
	if err != nil {
		return notForm
	}
	return ""
}

// oneClick reports whether the form is that of a mail client (RFC 8058, 3.1 and 3.2), which comes from anywhere.
func (r *request) oneClick() bool { return r.PostForm.Get("List-Unsubscribe") == "One-Click" }

// wish tells one wish from another. A page's forms have the page's number, so that pages that look alike are told apart.
func (r *request) wish() string { return r.PostForm.Encode() + " " + bucketOf(r.now, formBucket) }

// proof is what shows that the person said so: where, in which words, when, and from which computer.
func (s *Service) proof(r *request, where, words string) string {
	return event.CutProof(fmt.Sprintf("%s; %s; ip %s; agent %s; %s", where, r.now.UTC().Format(time.RFC3339), s.address(r.Request),
		clip(r.UserAgent(), maxAgent), words))
}

// store publishes what somebody waits for. It returns false, with the page written, when the broker does not
// confirm it.
func (s *Service) store(r *request, typ string, t *link.Ticket, d data, parts ...string) bool {
	msg, err := newMessage(typ, t, r.now, d, parts...)
	if err != nil {
		s.log.ErrorContext(r.Context(), "a form could not be made an event", "type", typ, "error", err)
		s.refuse(r, notStored)
		return false
	}
	// Whoever closes the page early has still pressed the button.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s.o.AnswerWithin)
	defer cancel()
	bus.Inject(ctx, msg.Header)
	began := time.Now()
	err = s.o.Publisher.PublishBatch(ctx, []*nats.Msg{msg})
	s.metrics.published(ctx, time.Since(began), err)
	if err != nil {
		s.log.WarnContext(r.Context(), "a form was not stored; its sender is told to repeat it", "type", typ, "error", err)
		s.refuse(r, notStored)
		return false
	}
	return true
}

// word is one entry of consent.
func word(r *request, channel message.Channel, purpose string, granted bool, source, proof string) event.ConsentUpdate {
	return event.ConsentUpdate{Channel: string(channel), Purpose: purpose, Granted: granted, Source: source, At: r.now.UTC(), Proof: proof}
}

// channelOf is the ticket's channel; e-mail is where unsubscribe links come from.
func channelOf(t *link.Ticket) message.Channel {
	if t.Channel == "" {
		return message.Email
	}
	return t.Channel
}

// purposeOf is what the ticket is about; everything when it says nothing.
func purposeOf(t *link.Ticket) string {
	if t.Purpose == "" {
		return event.Everything
	}
	return t.Purpose
}

// title is what a purpose is called; "" for everything.
func (f *frame) title(purpose string) string {
	if purpose == event.Everything {
		return ""
	}
	for i := range f.Shop.Purposes {
		if f.Shop.Purposes[i].Name == purpose {
			return f.Shop.Purposes[i].text(f.Lang, f.Shop.Locale).Title
		}
	}
	return purpose
}
