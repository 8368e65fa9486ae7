package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/shophook"
)

// hookAnswer says what became of a delivery.
type hookAnswer struct {
	Success bool   `json:"success" doc:"Always true: whatever the delivery holds is stored, or says nothing that is kept."`
	Outcome string `json:"outcome" enum:"mapped,ignored,unknown,ping,buried" doc:"mapped: its events are stored. ignored, unknown, ping: it says nothing that is kept. buried: it cannot be understood and lies among the dead letters."`
	Events  int    `json:"events" doc:"How many events are stored."`
}

const outcomeBuried = "buried"

// serveWebhook takes a delivery of a shop system. Its signature is its key.
func (s *Service) serveWebhook(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("source")
	var hook Webhook
	if s.o.Webhooks != nil {
		hook = s.o.Webhooks(name)
	}
	if hook == nil {
		s.refuse(w, r, newProblem(http.StatusNotFound, unsupported, "No such source", fmt.Sprintf(
			"There is no source named %q. Sources are files of the workspace: sources/NAME.yaml.", name)))
		return
	}
	body, release, p := s.readBytes(w, r, s.o.Limits.Batch)
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	defer release()
	now := s.o.Now()
	d, err := hook.Receive(r.Header, body, now)
	switch {
	case errors.Is(err, shophook.ErrMapping):
		s.bury(w, r, &DeadLetter{Source: name, ID: d.ID, Topic: d.Topic, Body: body, Reason: err, Arrival: now})
		return
	case err != nil:
		s.metrics.delivered(r.Context(), name, "refused")
		s.refuse(w, r, hookProblem(err))
		return
	}
	o := &origin{key: &Key{Source: name}, received: now, maxSize: MaxEvent, plan: s.o.Plan, catalogue: s.o.Catalogue}
	good := make([]accepted, 0, len(d.Events))
	for i := range d.Events {
		a, ferr := o.acceptEvent(d.Events[i])
		if ferr != nil {
			reason := fmt.Errorf("event %d of the delivery, %s: %w", i+1, d.Events[i].Type, ferr)
			s.bury(w, r, &DeadLetter{Source: name, ID: d.ID, Topic: d.Topic, Body: body, Reason: reason, Arrival: now})
			return
		}
		good = append(good, a)
	}
	if len(good) > 0 {
		if p := s.store(r.Context(), o, good); p != nil {
			s.refuse(w, r, p)
			return
		}
	}
	s.metrics.delivered(r.Context(), name, string(d.Outcome))
	writeJSON(w, http.StatusOK, "application/json", hookAnswer{true, string(d.Outcome), len(good)})
}

// hookProblem is a delivery that is not taken.
func hookProblem(err error) *problem {
	switch {
	case errors.Is(err, shophook.ErrSignature):
		return newProblem(http.StatusUnauthorized, unauthorized, "Not signed by this source",
			"No secret of the source made this signature. Compare the secret in the shop system with the one in the environment, and let nothing on the way change the body.")
	case errors.Is(err, shophook.ErrStale):
		return newProblem(http.StatusBadRequest, invalid, "Signed too long ago", err.Error()+". Check the clocks; shops sign every retry anew.")
	case errors.Is(err, shophook.ErrClosed):
		p := newProblem(http.StatusServiceUnavailable, unconnected, "The source has no secret", err.Error()+". Set the variable that its file names.")
		p.retryAfter = 60
		return p
	}
	return newProblem(http.StatusBadRequest, malformed, "Unreadable delivery", err.Error()+".")
}

// bury keeps what a shop will not send again, and answers that it was taken: shop systems give up on
// addresses that refuse.
func (s *Service) bury(w http.ResponseWriter, r *http.Request, l *DeadLetter) {
	l.Door, l.Header, l.Type = "webhooks", r.Header, r.Header.Get("Content-Type")
	if l.ID == "" {
		sum := sha256.Sum256(l.Body)
		l.ID = hex.EncodeToString(sum[:16])
	}
	err := errors.New("nobody keeps dead letters here")
	if s.o.DeadLetters != nil {
		err = s.o.DeadLetters.Bury(r.Context(), *l)
	}
	if err != nil {
		s.log.WarnContext(r.Context(), "a delivery that cannot be understood was not stored; its sender is told to repeat it", "webhook", l.Source, "error", err)
		s.refuse(w, r, storeProblem(err))
		return
	}
	s.metrics.delivered(r.Context(), l.Source, outcomeBuried)
	s.log.InfoContext(r.Context(), "a delivery cannot be understood and became a dead letter", "webhook", l.Source, "reason", l.Reason)
	writeJSON(w, http.StatusAccepted, "application/json", hookAnswer{true, outcomeBuried, 0})
}

// serveProducts takes what is said of products: an object, an array, or JSON Lines.
func (s *Service) serveProducts(w http.ResponseWriter, r *http.Request) {
	k, p := s.server(w, r)
	if p == nil && s.o.Catalogue == nil {
		p = newProblem(http.StatusNotImplemented, unconnected, "Not connected", "The catalogue does not run here. Send products to a process in which it does.")
	}
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	body, release, p := s.readBody(w, r, s.o.Limits.Batch)
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	defer release()
	records, p := decodeProducts(body)
	if p == nil {
		p = s.checkItems("the list", len(records))
	}
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	o := s.from(&k)
	answer, good := newBatchAnswer(len(records)), make([]accepted, 0, len(records))
	for i, record := range records {
		a, ferr := o.product(record)
		if ferr != nil {
			answer.reject(i, a.event.Subject, ferr)
			continue
		}
		answer.add(i, a.event.Subject)
		good = append(good, a)
	}
	s.answerAll(w, r, o, answer, good)
}

// decodeProducts parts a body into records.
func decodeProducts(body []byte) ([]json.RawMessage, *problem) {
	trimmed := bytes.TrimSpace(body)
	var records []json.RawMessage
	if len(trimmed) > 0 && trimmed[0] == '[' {
		if err := json.Unmarshal(trimmed, &records); err != nil {
			return nil, jsonProblem(body, err)
		}
		return records, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		var record json.RawMessage
		switch err := d.Decode(&record); {
		case err == nil:
			records = append(records, record)
		case len(bytes.TrimSpace(body[d.InputOffset():])) == 0:
			return records, nil
		default:
			return nil, newProblem(http.StatusBadRequest, malformed, "Malformed JSON", fmt.Sprintf(
				"record %d, from %s: %v. Send one product, an array of them, or one to a line.", len(records)+1, position(body, d.InputOffset()), err))
		}
	}
}

// product makes a record into the event that the catalogue takes. Its subject is the product's id.
func (o *origin) product(record json.RawMessage) (a accepted, err *fieldError) {
	if kind(record) != "object" {
		return a, wrong("product_id", "cannot be looked for: the record is %s, must be an object", describe(record))
	}
	members := membersOf(record)
	if a.event.Subject, err = identifier("product_id", members["product_id"]); err != nil {
		return a, err
	}
	if a.event.Subject == "" {
		return a, wrong("product_id", "is missing: name the product as orders name it")
	}
	if int64(len(record)) > o.maxSize {
		return a, wrong("product_id", "is of a record with %d bytes, at most %d are taken", len(record), o.maxSize).because(tooLarge)
	}
	if a.event.ID, err = newID("id"); err != nil {
		return a, err
	}
	a.event.Source, a.event.Type, a.event.Time, a.event.Data = o.key.Source, event.ProductUpdated, o.received.UTC(), record
	return o.finish(a, func(attribute string) string { return strings.TrimPrefix(attribute, "data.") })
}
