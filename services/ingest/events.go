package ingest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

// serveCloudEvents takes CloudEvents 1.0 over HTTP: binary, structured or batched.
func (s *Service) serveCloudEvents(w http.ResponseWriter, r *http.Request) {
	k, p := s.server(w, r)
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	body, release, p := s.readBytes(w, r, s.o.Limits.Batch)
	if p != nil {
		s.refuse(w, r, p)
		return
	}
	defer release()
	o := s.from(&k)
	items, batched, err := cloudevent.FromHTTP(r.Header, body, o.received)
	if err != nil {
		s.refuse(w, r, cloudProblem(err))
		return
	}
	if !batched {
		a, ferr := o.cloudEvent(&items[0])
		if ferr == nil && int64(len(body)) > s.o.Limits.Event {
			ferr = tooLong(s.o.Limits.Event)
		}
		if ferr != nil {
			s.refuse(w, r, fieldProblem(ferr))
			return
		}
		s.answerOne(w, r, o, a)
		return
	}
	if p := s.checkItems("the batch", len(items)); p != nil {
		s.refuse(w, r, p)
		return
	}
	answer, good := newBatchAnswer(len(items)), make([]accepted, 0, len(items))
	for i := range items {
		a, ferr := o.cloudEvent(&items[i])
		if ferr != nil {
			answer.reject(i, items[i].ID, ferr)
			continue
		}
		answer.add(i, a.event.ID)
		good = append(good, a)
	}
	s.answerAll(w, r, o, answer, good)
}

// cloudProblem is a request that holds no CloudEvents.
func cloudProblem(err error) *problem {
	var wrongField *event.FieldError
	if errors.As(err, &wrongField) && strings.EqualFold(wrongField.Field, "Content-Type") {
		return newProblem(http.StatusUnsupportedMediaType, unsupported, "Unsupported content type", err.Error()+".")
	}
	if wrongField != nil {
		return fieldProblem(wrong(wrongField.Field, "%s", wrongField.Reason))
	}
	return newProblem(http.StatusBadRequest, malformed, "Not a CloudEvent", err.Error()+".")
}

// cloudEvent takes an event that was read from an envelope.
func (o *origin) cloudEvent(item *cloudevent.Item) (accepted, *fieldError) {
	if item.Err != nil {
		var wrongField *event.FieldError
		if errors.As(item.Err, &wrongField) {
			return accepted{}, wrong(wrongField.Field, "%s", wrongField.Reason)
		}
		return accepted{}, wrong("data", "%v", item.Err)
	}
	e := item.Event
	e.Source = sourceWithin(o.key.Source, e.Source)
	a, err := o.acceptEvent(e)
	a.trace = traceOf(item)
	return a, err
}

// traceOf is the trace that an event says it belongs to (CloudEvents, distributed tracing extension), as
// headers of a message; nil where it says none, or nothing that can be read.
func traceOf(item *cloudevent.Item) nats.Header {
	if item.Trace == "" {
		return nil
	}
	said, own := nats.Header{"traceparent": {item.Trace}}, nats.Header{}
	if item.TraceState != "" {
		said["tracestate"] = []string{item.TraceState}
	}
	bus.Inject(bus.Extract(context.Background(), said), own)
	if len(own) == 0 {
		return nil
	}
	return own
}

// sourceWithin is the source of an event whose sender names it: within the name of their key, so that
// nobody speaks for others.
func sourceWithin(name, own string) string {
	own = strings.ReplaceAll(own, "#", "%23") // which parts source and id
	if own == name || strings.HasPrefix(own, name+"/") {
		return own
	}
	return name + "/" + own
}

// acceptEvent takes an event that came as one: what calls are asked while they are read is asked here.
func (o *origin) acceptEvent(e event.Event) (accepted, *fieldError) {
	same := func(attribute string) string { return attribute }
	switch {
	case e.Of != "":
		return accepted{}, wrong("rapportof", "is for Rapport's own events: leave it out")
	case ours(e.Type):
		return accepted{}, wrong("type", "%q is a type that only Rapport itself publishes: choose another name", e.Type)
	}
	if err := reserved("subject", e.Subject); err != nil {
		return accepted{}, err
	}
	e.Time = o.notAhead(e.Time)
	if err := e.Validate(); err != nil {
		var wrongField *event.FieldError
		if errors.As(err, &wrongField) {
			return accepted{}, wrong(wrongField.Field, "%s", wrongField.Reason)
		}
		return accepted{}, wrong("data", "%v", err)
	}
	if update, err := e.Profile(); err == nil && update != nil {
		if err := checkUpdate("data."+event.ProfileProperty, update); err != nil {
			return accepted{}, err
		}
	}
	if err := checkPrevious("data", &e); err != nil {
		return accepted{}, err
	}
	return o.finish(accepted{event: e}, same)
}
