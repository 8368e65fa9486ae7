package listener

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"rapport/pkg/callback"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
)

// heard is a notice with those whom it is about.
type heard struct {
	notice  feedback.Notice
	origins []feedback.Origin
	known   bool    // they are the store's, and not a stranger
	why     outcome // when there is nobody
}

// looksAtATime bounds how many messages of one batch are looked up together.
const looksAtATime = 8

// resolve finds whom events are about. The result is in the order of the events, with those that are of no use left out.
func (s *Service) resolve(ctx context.Context, d *desk, r *http.Request, events []callback.Event) ([]heard, error) {
	all := make([]heard, 0, len(events))
	now := s.o.Now()
	for i := range events {
		e := events[i]
		if d.name == twilioName {
			e.MessageID = twilioRef(r.URL.Query(), e.MessageID)
		}
		n, ok := feedback.FromCallback(e)
		if !ok {
			s.metrics.event(ctx, d.name, "", needless, 1)
			continue
		}
		if n.At.After(now) {
			n.At = now // by the provider's clock
		}
		all = append(all, heard{notice: n})
	}
	var looks errgroup.Group
	looks.SetLimit(looksAtATime)
	for i := range all {
		looks.Go(func() error { return s.who(ctx, &all[i]) })
	}
	if err := looks.Wait(); err != nil {
		return nil, err
	}
	return all, nil
}

// twilioRef puts the parts together that services/texter gave Twilio.
func twilioRef(query url.Values, id string) string {
	if partition := query.Get("partition"); partition != "" && !strings.Contains(id, ".") {
		return id + "." + partition
	}
	return id
}

// who finds the origins of one notice.
func (s *Service) who(ctx context.Context, h *heard) error {
	n := &h.notice
	var one feedback.Origin
	var err error
	switch {
	case n.Type == event.SMSReceived || n.Type == event.WhatsAppReceived:
		return s.whoWrites(ctx, h)
	case !n.Ref.IsZero():
		h.why = foreign
		one, err = s.o.Find(ctx, n.Ref)
	case s.o.FindByProviderID != nil && n.ProviderID != "" && n.Type != event.EmailReplied:
		h.why = unnamed
		one, err = s.o.FindByProviderID(ctx, n.Provider, n.ProviderID)
	default:
		h.why = unnamed
	}
	if one.Profile != "" {
		h.origins, h.known = []feedback.Origin{one}, true
	}
	return err
}

// whoWrites finds those whose number it is. Nobody's becomes an anonymous subject only where that is asked for: profiles
// that strangers can make by writing, from as many numbers as they like, would be without bound.
func (s *Service) whoWrites(ctx context.Context, h *heard) error {
	n := &h.notice
	h.why = stranger
	if s.o.FindByNumber != nil && strings.HasPrefix(n.Address, "+") {
		var err error
		if h.origins, err = s.o.FindByNumber(ctx, n.Channel, n.Address); err != nil {
			return err
		}
	}
	if h.known = len(h.origins) > 0; h.known || s.o.Strangers == "" {
		return nil
	}
	h.origins = []feedback.Origin{{Profile: strangerOf(s.o.Strangers, n.Channel, n.Address)}}
	return nil
}

// strangerOf is the subject of a number that is nobody's: the same for the same number, and of no use to whoever has no
// secret.
func strangerOf(secret string, channel message.Channel, number string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(number)) // A hash takes everything.
	return event.AnonymousPrefix + string(cmp.Or(channel, message.SMS)) + "-" + hex.EncodeToString(mac.Sum(nil)[:12])
}
