package listener

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/callback"
)

// Names of providers that have ways of their own.
const (
	mailgunName = "mailgun"
	twilioName  = "twilio"
)

// refusal is a callback that is not taken: what became of it, and why, for the log.
type refusal struct {
	what outcome
	err  error
}

// receive takes the callbacks of one provider.
func (s *Service) receive(d *desk) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodHead, r.Method == http.MethodGet && d.name != twilioName:
			w.WriteHeader(http.StatusOK) // Providers look whether there is somebody, before they call.
			return
		case r.Method != http.MethodPost && r.Method != http.MethodGet:
			w.Header().Set("Allow", "POST, HEAD, GET")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		default:
			s.refuse(w, r, d, refusal{what: busy}, 0)
			return
		}
		body, release, what := s.readBody(w, r, d.limit)
		defer release()
		if what != "" {
			s.refuse(w, r, d, refusal{what: what}, 0)
			return
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), s.o.AnswerWithin)
		defer cancel()
		answer, what, refused := s.take(ctx, d, r, body)
		if refused != nil {
			s.refuse(w, r, d, *refused, time.Since(began))
			return
		}
		s.metrics.callback(ctx, d.name, what, time.Since(began))
		answer.write(w)
	})
}

// take does all that a callback asks for, and returns what to answer.
func (s *Service) take(ctx context.Context, d *desk, r *http.Request, body []byte) (answer, outcome, *refusal) {
	batch, err := d.reader.Read(callback.Request{Method: r.Method, URL: s.publicURL(r), Header: r.Header, Body: body}, s.o.Now())
	if err != nil {
		return answer{}, "", refusalOf(err)
	}
	if batch.Confirmation != nil {
		what, refused := s.confirm(ctx, d, batch.Confirmation)
		return answer{}, what, refused
	}
	if refused := s.claim(ctx, d, &batch); refused != nil {
		return answer{}, "", refused
	}
	for _, err := range batch.Unread {
		s.told.warn(ctx, d.name, unread, err)
	}
	s.metrics.event(ctx, d.name, "", unread, len(batch.Unread))
	heard, err := s.resolve(ctx, d, r, batch.Events)
	if err != nil {
		return answer{}, "", &refusal{storeGone, err}
	}
	if err := s.publish(ctx, d, heard); err != nil {
		if bus.IsFull(err) {
			return answer{}, "", &refusal{brokerFull, err}
		}
		return answer{}, "", &refusal{brokerGone, err}
	}
	return s.reply(r, body, heard), taken, nil
}

// publicURL is what the provider called.
func (s *Service) publicURL(r *http.Request) string {
	if s.o.PublicURL != "" {
		return s.o.PublicURL + r.URL.RequestURI()
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + r.URL.RequestURI()
}

// refusalOf reads a reader's error.
func refusalOf(err error) *refusal {
	for _, one := range []struct {
		kind error
		what outcome
	}{
		{callback.ErrForged, forged},
		{callback.ErrReplayed, replayed},
		{callback.ErrUnsupported, unsupported},
		{callback.ErrUnavailable, unverifiable},
	} {
		if errors.Is(err, one.kind) {
			return &refusal{one.what, err}
		}
	}
	return &refusal{unreadable, err}
}

// errReplayed says that a token came again with something else.
var errReplayed = errors.New("the token was used before, for something else")

// claim keeps what Mailgun uses once: its signature covers no more than a time and a token, so whoever saw one could say
// anything with it. The same token with the same things told is a repeat, which the ids make harmless. All others with a
// nonce sign the body with it.
func (s *Service) claim(ctx context.Context, d *desk, batch *callback.Batch) *refusal {
	if d.name != mailgunName || batch.Nonce == "" {
		return nil
	}
	first, err := s.o.Nonces.Claim(ctx, d.name+" "+batch.Nonce, digest(batch.Events))
	switch {
	case err != nil:
		return &refusal{brokerGone, err}
	case !first:
		return &refusal{replayed, errReplayed}
	}
	return nil
}

// confirm answers a question of Amazon SNS. That a subscription ended is answered by nothing: to follow its link would
// take it up again.
func (s *Service) confirm(ctx context.Context, d *desk, c *callback.Confirmation) (outcome, *refusal) {
	if c.Type != "SubscriptionConfirmation" {
		s.log.WarnContext(ctx, "a subscription of Amazon SNS ended: nothing more comes of its topic", "topic", c.Topic)
		return unsupported, nil
	}
	if err := s.amazon.confirm(ctx, c.URL); err != nil {
		return "", &refusal{unverifiable, err}
	}
	s.log.InfoContext(ctx, "a subscription of Amazon SNS is confirmed", "provider", d.name, "topic", c.Topic)
	return confirmed, nil
}

// refuse counts, tells the log, and answers with a status and nothing else: a stranger learns nothing.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, d *desk, why refusal, took time.Duration) {
	ctx := r.Context()
	s.metrics.callback(ctx, d.name, why.what, took)
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("rapport.refused", string(why.what)))
	s.told.warn(ctx, d.name, why.what, why.err)
	status, again := statusOf(d.name, why.what)
	if again > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(again))
	}
	w.WriteHeader(status)
}

// statusOf is what makes a provider come again, or stop. again is after how many seconds.
func statusOf(provider string, what outcome) (status, again int) {
	switch what {
	case forged:
		return http.StatusForbidden, 0
	case replayed:
		if provider == mailgunName {
			return http.StatusNotAcceptable, 0 // the one that ends its repeats
		}
		return http.StatusConflict, 0
	case unreadable:
		return http.StatusBadRequest, 0
	case unsupported:
		return http.StatusOK, 0
	case tooLarge:
		return http.StatusRequestEntityTooLarge, 0
	case slow:
		return http.StatusRequestTimeout, 0
	case busy:
		return http.StatusServiceUnavailable, 1
	case brokerFull:
		return http.StatusServiceUnavailable, 30
	}
	return http.StatusServiceUnavailable, 5
}

// answer is what a provider gets: nothing, or a document for Twilio.
type answer struct{ twiml []byte }

func (a answer) write(w http.ResponseWriter) {
	if a.twiml == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.twiml)))
	_, _ = bytes.NewReader(a.twiml).WriteTo(w) // Who is gone asks again.
}
