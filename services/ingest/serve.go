package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

const requestIDHeader = "X-Request-Id"

// named gives every answer a request id: the sender's, if it has a decent one.
func named(next http.Handler) http.Handler {
	decent := regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !decent.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r)
	})
}

// refuse answers with a problem, counts it, and notes the reason where the operator looks.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, p *problem) {
	s.metrics.refused(r.Context(), p.reason, max(1, len(p.Rejected)))
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("rapport.refused", string(p.reason)))
	s.log.DebugContext(r.Context(), "request refused", "path", r.URL.Path, "status", p.Status, "reason", p.reason,
		"request_id", w.Header().Get(requestIDHeader))
	p.write(w)
}

// headerKey finds the write key in the headers; given is false when it can only be in the body.
func headerKey(r *http.Request) (key string, given bool) {
	if user, _, ok := r.BasicAuth(); ok {
		return user, true
	}
	auth := r.Header.Get("Authorization")
	if scheme, token, ok := strings.Cut(auth, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true
	}
	return "", auth != ""
}

func (s *Service) authorize(key string, inBody bool) (string, *problem) {
	if name, ok := s.o.Keys.Source(key); ok && key != "" {
		return name, nil
	}
	where := "The write key in the Authorization header is not known."
	if inBody {
		where = "The writeKey in the body is not known."
	}
	if key == "" {
		where = "There is no write key."
	}
	return "", newProblem(http.StatusUnauthorized, unauthorized, "Unknown write key", where+
		" Send it as the user name of Basic authentication with an empty password (curl -u KEY:), as Authorization: Bearer KEY,"+
		" or as writeKey in the body. The door's keys are set by RAPPORT_WRITE_KEYS=name:key.")
}

// admit reads a body and finds out whose it is. decode returns the writeKey in it.
func (s *Service) admit(w http.ResponseWriter, r *http.Request, limit int64, decode func([]byte) ([]byte, *problem)) (string, *problem) {
	key, inHeader := headerKey(r)
	source := ""
	if inHeader { // a stranger's body is not even read
		var p *problem
		if source, p = s.authorize(key, false); p != nil {
			return "", p
		}
	}
	body, release, p := s.readBody(w, r, limit)
	if p != nil {
		return "", p
	}
	defer release()
	inBody, p := decode(body)
	if p != nil || source != "" {
		return source, p
	}
	key, err := text("writeKey", inBody)
	if err != nil {
		return "", fieldProblem(err)
	}
	return s.authorize(key, true)
}

// serveCall takes one call.
func (s *Service) serveCall(w http.ResponseWriter, r *http.Request, verb string) {
	var c *call
	source, p := s.admit(w, r, s.o.Limits.Event, func(body []byte) (key []byte, p *problem) {
		if c, p = decodeCall(body); p != nil {
			return nil, p
		}
		return c.WriteKey, nil
	})
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	from := &origin{source: source, received: s.o.Now(), maxSize: s.o.Limits.Event}
	a, ferr := from.accept(c, verb)
	if ferr != nil {
		s.refuse(w, r, fieldProblem(ferr))
		return
	}
	if p := s.store(r.Context(), source, []accepted{a}); p != nil {
		s.refuse(w, r, p)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", struct {
		Success bool   `json:"success"`
		ID      string `json:"id"`
	}{true, a.event.ID})
}

// batchAnswer says item by item what became of a batch.
type batchAnswer struct {
	Success  bool       `json:"success"`
	Accepted int        `json:"accepted"`
	Rejected []rejected `json:"rejected"`
	// Assigned are the ids of the accepted items that had none.
	Assigned []assigned `json:"assigned,omitempty"`
}

type assigned struct {
	Index int    `json:"index"`
	ID    string `json:"id"`
}

// serveBatch takes a list of calls.
func (s *Service) serveBatch(w http.ResponseWriter, r *http.Request) {
	var b *batch
	source, p := s.admit(w, r, s.o.Limits.Batch, func(body []byte) (key []byte, p *problem) {
		if b, p = decodeBatch(body); p != nil {
			return nil, p
		}
		return b.WriteKey, nil
	})
	if p == nil {
		p = s.checkItems(b)
	}
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	from := &origin{source: source, received: s.o.Now(), sentAt: b.SentAt, context: b.Context, maxSize: s.o.Limits.Event}
	answer, good := acceptAll(from, b)
	if len(good) == 0 {
		p := newProblem(http.StatusBadRequest, invalid, "Nothing acceptable",
			fmt.Sprintf("None of the %d items could be accepted; rejected says why, item by item.", len(*b.Batch)))
		p.Rejected = answer.Rejected
		s.refuse(w, r, p)
		return
	}
	if p := s.store(r.Context(), source, good); p != nil {
		s.refuse(w, r, p)
		return
	}
	for _, rej := range answer.Rejected {
		s.metrics.refused(r.Context(), rej.reason, 1)
	}
	writeJSON(w, http.StatusOK, "application/json", answer)
}

func (s *Service) checkItems(b *batch) *problem {
	switch n := len(*b.Batch); {
	case n == 0:
		return fieldProblem(wrong("batch", "is empty: send at least one call"))
	case n > s.o.Limits.Items:
		e := wrong("batch", "has %d calls, at most %d are taken: send several batches", n, s.o.Limits.Items)
		e.reason = tooLarge
		return fieldProblem(e)
	}
	return nil
}

func acceptAll(from *origin, b *batch) (batchAnswer, []accepted) {
	answer := batchAnswer{Success: true, Rejected: []rejected{}}
	good := make([]accepted, 0, len(*b.Batch))
	for i := range *b.Batch {
		c := &(*b.Batch)[i]
		err := b.notObjects[i]
		var a accepted
		if err == nil {
			verb, verr := text("type", first(c.Type, c.Action))
			if err = verr; err == nil {
				a, err = from.accept(c, verb)
			}
		}
		if err != nil {
			id, _ := text("messageId", c.MessageID)
			answer.Rejected = append(answer.Rejected, rejected{Index: i, ID: id, Field: err.field, Error: err.detail, reason: err.reason})
			continue
		}
		if a.assigned {
			answer.Assigned = append(answer.Assigned, assigned{i, a.event.ID})
		}
		good = append(good, a)
	}
	answer.Accepted = len(good)
	return answer, good
}

// store returns nil when the broker has the events.
func (s *Service) store(ctx context.Context, source string, events []accepted) *problem {
	if p := s.admitRate(source, len(events)); p != nil {
		return p
	}
	ctx, span := s.tracer.Start(ctx, "publish events", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "nats"),
		attribute.String("messaging.operation.type", "send"),
		attribute.String("messaging.destination.name", bus.StreamEvents),
		attribute.Int("messaging.batch.message_count", len(events)),
		attribute.String("rapport.source", source)))
	defer span.End()
	if len(events) == 1 {
		span.SetAttributes(attribute.String("rapport.event.type", event.Label(events[0].event.Type)), attribute.String("messaging.message.id", events[0].event.UID()))
	}
	if err := s.queue.store(ctx, messages(ctx, events)); err != nil {
		span.SetStatus(codes.Error, "not stored")
		return storeProblem(err)
	}
	s.metrics.took(ctx, source, events)
	return nil
}

// messages are the events as they are published. Of events with the same id only the
// first is kept, as the stream would: it refuses a whole atomic batch for the second.
func messages(ctx context.Context, events []accepted) []*nats.Msg {
	carried := nats.Header{}
	bus.Inject(ctx, carried)
	msgs := make([]*nats.Msg, 0, len(events))
	seen := make(map[string]struct{}, len(events))
	for i := range events {
		e := &events[i].event
		uid := e.UID()
		if _, twice := seen[uid]; twice {
			continue
		}
		seen[uid] = struct{}{}
		msg := bus.NewMsg(bus.EventSubject(e.Key()), uid, events[i].encoded)
		maps.Copy(msg.Header, carried)
		msgs = append(msgs, msg)
	}
	return msgs
}

func storeProblem(err error) *problem {
	const repeat = " Repeat the request with the same messageIds; what was stored already is not stored twice."
	var p *problem
	switch {
	case bus.IsFull(err):
		// 503 and not 507: the libraries that send here know which one to wait and repeat for.
		p = newProblem(http.StatusServiceUnavailable, brokerFull, "No room",
			"The stream of events has reached its size and takes nothing more until old events are removed or the limit is raised."+repeat)
		p.retryAfter = 30
	case errors.Is(err, errBusy):
		p = newProblem(http.StatusServiceUnavailable, busy, "Busy", "More events are waiting for the broker than may wait."+repeat)
		p.retryAfter = 1
	default:
		p = newProblem(http.StatusServiceUnavailable, brokerGone, "Not stored",
			"The broker did not confirm that the events are stored."+repeat)
		p.retryAfter = 5
	}
	return p
}

func (s *Service) serveHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "alive"})
}

// readyWithin bounds the question to the broker.
const readyWithin = 2 * time.Second

func (s *Service) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if asked, ok := s.o.Publisher.(interface{ Ready(context.Context) error }); ok {
		if err := asked.Ready(ctx); err != nil {
			p := newProblem(http.StatusServiceUnavailable, brokerGone, "Not ready", "The broker cannot be reached: "+err.Error()+".")
			p.retryAfter = 5
			p.write(w)
			return
		}
	}
	writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "ready"})
}
