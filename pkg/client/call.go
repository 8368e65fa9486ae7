package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/event"
)

// Call is one event as it is handed in. Type and Subject are required.
type Call struct {
	// ID is the idempotency key: an event with an id that is known changes nothing. Empty is a
	// new UUIDv7.
	ID string
	// Type is a dotted lower-case past tense such as "order.completed"; a name of Segment's
	// specification, "Order Completed", is turned into one.
	Type string
	// Subject is the person's id, or the product's.
	Subject string
	// Time is when it happened; zero is now.
	Time time.Time
	// Data are the properties: what marshals to a JSON object, or nil.
	Data any
	// Person is what the event says about the person: traits, consent, other ids. It goes into
	// the reserved property event.ProfileProperty.
	Person event.ProfileUpdate
	// Past marks what is told long after it happened: it counts, and nobody is written to
	// because of it.
	Past bool
	// Tag is handed back in the call's Result and goes nowhere.
	Tag any
}

// Event is a type of event that knows its name, such as the structs that are generated from a
// tracking plan. It marshals to a JSON object.
type Event interface{ EventType() string }

// Consent is one decision of a person about one purpose on one channel.
type Consent = event.ConsentUpdate

// Anonymous is the id of a visitor of whom no more is known than what a browser was given.
func Anonymous(id string) string { return event.AnonymousPrefix + id }

// entry is a call on its way.
type entry struct {
	call        Call
	body        []byte // the CloudEvent
	traceparent string
	epoch       *epoch
	done        chan error // of a call that waits, with room for one; nil of others
	taken       bool       // it is being sent, or nobody waits for it any more; under the queue's lock
}

// Check says what is wrong with a call, as queueing it would: a *Rejection, or nil.
func (c Call) Check() error {
	_, err := newEntry(context.Background(), c, "client", time.Now())
	return err
}

// newEntry checks a call and writes its event.
func newEntry(ctx context.Context, c Call, source string, now time.Time) (*entry, error) {
	if c.ID == "" {
		c.ID = newID(now)
	}
	if c.Time.IsZero() {
		c.Time = now
	}
	c.Type = event.TypeFromName(c.Type)
	if err := names(&c); err != nil {
		return nil, err
	}
	data, err := properties(&c)
	if err != nil {
		return nil, err
	}
	e := event.Event{ID: c.ID, Source: source, Type: c.Type, Subject: c.Subject, Time: c.Time, Data: data, Past: c.Past}
	if err := e.Validate(); err != nil {
		return nil, rejectionOf(c.ID, err)
	}
	body, err := event.Encode(&e)
	if err != nil {
		return nil, reject(c.ID, "data", "cannot be written as JSON: "+err.Error())
	}
	if len(body) > maxEventBytes {
		return nil, reject(c.ID, "data", tooLarge(len(body)))
	}
	return &entry{call: c, body: body, traceparent: traceOf(ctx)}, nil
}

// traceOf is the context's trace as W3C Trace Context writes it, "" when there is none.
func traceOf(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// traced is the event with the trace as an attribute of its own, as the Distributed Tracing
// extension of CloudEvents has it.
func (e *entry) traced(out []byte) []byte {
	if e.traceparent == "" {
		return append(out, e.body...)
	}
	out = append(out, e.body[:len(e.body)-1]...)
	return append(out, `,"traceparent":"`+e.traceparent+`"}`...)
}

// names checks the texts that name things.
func names(c *Call) error {
	for _, f := range []struct{ field, value string }{{"id", c.ID}, {"subject", c.Subject}, {"type", c.Type}} {
		if strings.ContainsFunc(f.value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return reject(c.ID, f.field, "has a control character: use printable characters only")
		}
		if f.value != "" && strings.TrimSpace(f.value) != f.value {
			return reject(c.ID, f.field, "begins or ends with a space: leave it out")
		}
	}
	if c.Subject == event.AnonymousPrefix {
		return reject(c.ID, "subject", "is an anonymous id without the id: name the visitor")
	}
	if c.Type == event.ClockAdvanced || event.Receipt(c.Type) || strings.HasPrefix(c.Type, event.Identity) {
		return reject(c.ID, "type", "is one that only Rapport itself publishes: choose another name")
	}
	return nil
}

// properties is the event's data: the call's, and what it says about the person.
func properties(c *Call) (json.RawMessage, error) {
	data, err := object(c.Data)
	if err != nil {
		return nil, reject(c.ID, "data", err.Error())
	}
	p := &c.Person
	if len(p.Traits) == 0 && len(p.Consent) == 0 && len(p.Also) == 0 {
		return data, nil
	}
	if bytes.Contains(data, []byte(event.ProfileProperty)) {
		return nil, reject(c.ID, "data", "has "+event.ProfileProperty+" of its own, and traits, consent or other ids are given too: use one of them")
	}
	about, err := json.Marshal(p)
	if err != nil {
		return nil, reject(c.ID, "data."+event.ProfileProperty, "cannot be written as JSON: "+err.Error())
	}
	out := append(make([]byte, 0, len(data)+len(about)+16), data[:len(data)-1]...)
	if len(bytes.TrimSpace(out)) > 1 {
		out = append(out, ',')
	}
	out = append(append(out, `"`+event.ProfileProperty+`":`...), about...)
	return append(out, '}'), nil
}

// object writes a value that must be a JSON object; nil is an empty one.
func object(v any) (json.RawMessage, error) {
	if v == nil {
		return json.RawMessage("{}"), nil
	}
	raw, ok := v.(json.RawMessage)
	if !ok {
		var err error
		if raw, err = json.Marshal(v); err != nil {
			return nil, errors.New("cannot be written as JSON: " + err.Error())
		}
	}
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0, bytes.Equal(raw, []byte("null")):
		return json.RawMessage("{}"), nil
	case raw[0] != '{' || raw[len(raw)-1] != '}':
		return nil, errors.New("is no JSON object: give a struct or a map")
	}
	return raw, nil
}
