package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"rapport/pkg/jsontext"
)

// envelope is the JSON form, CloudEvents 1.0 structured mode.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            string          `json:"time,omitempty"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	Of              string          `json:"rapportof,omitempty"`
	Past            bool            `json:"rapportpast,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`

	read *body // Data, when a scanner read it
}

// FieldError says which attribute of an event is wrong and what to do about it.
type FieldError struct {
	Field  string // "id", "type", "data.products[2].price" ...
	Reason string // what is wrong and the remedy, without a full stop
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// Encode writes the event as a CloudEvent in JSON. The data is copied as it is.
func Encode(e *Event) ([]byte, error) {
	if !e.wellFormed() {
		return encodeUnusual(e)
	}
	out := make([]byte, 0, envelopeSize+len(e.ID)+len(e.Source)+len(e.Type)+len(e.Subject)+len(e.Data))
	out = jsontext.String(append(out, `{"specversion":"1.0","id":`...), e.ID)
	out = jsontext.String(jsontext.Next(out, "source"), e.Source)
	out = jsontext.String(jsontext.Next(out, "type"), e.Type)
	out = jsontext.Optional(out, "subject", e.Subject)
	if !e.Time.IsZero() {
		out = append(e.Time.UTC().AppendFormat(append(jsontext.Next(out, "time"), '"'), time.RFC3339Nano), '"')
	}
	out = jsontext.Optional(out, "rapportof", e.Of)
	if e.Past {
		out = append(out, `,"rapportpast":true`...)
	}
	out = append(append(out, `,"datacontenttype":"application/json","data":`...), e.Data...)
	return append(out, '}'), nil
}

// envelopeSize is how many bytes an event has beside its data and its names, and a little more.
const envelopeSize = 192

// wellFormed reports whether a scanner has found the data to be JSON, or finds it now. It does
// not remember that: who writes an event only reads it.
func (e *Event) wellFormed() bool {
	if e.read != nil && e.read.text != "" {
		return true
	}
	s := newScanner(string(e.Data))
	s.Raw()
	s.End()
	return !s.Lost()
}

// encodeUnusual is Encode for data that a scanner cannot read, that is not there, or that is
// no JSON.
func encodeUnusual(e *Event) ([]byte, error) {
	env := envelope{
		SpecVersion: "1.0", ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject,
		DataContentType: "application/json", Of: e.Of, Past: e.Past, Data: e.Data,
	}
	if !e.Time.IsZero() {
		env.Time = e.Time.UTC().Format(time.RFC3339Nano)
	}
	b, err := json.Marshal(env)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return b, nil
}

// Decode reads a CloudEvent in JSON and validates it. Errors are *FieldError, or
// name the position in the JSON text. The event shares the memory of b, which must not
// be changed any more.
func Decode(b []byte) (Event, error) {
	env, ok := readEnvelope(b)
	if !ok {
		env = envelope{}
		if err := json.Unmarshal(b, &env); err != nil {
			return Event{}, fmt.Errorf("not a CloudEvent in JSON: %w", err)
		}
	}
	if env.SpecVersion != "1.0" {
		return Event{}, &FieldError{"specversion", fmt.Sprintf("is %q, must be \"1.0\"", env.SpecVersion)}
	}
	e := Event{ID: env.ID, Source: env.Source, Type: env.Type, Subject: env.Subject, Of: env.Of, Past: env.Past, Data: env.Data, read: env.read}
	if env.Time != "" {
		t, err := time.Parse(time.RFC3339Nano, env.Time)
		if err != nil {
			return Event{}, &FieldError{"time", fmt.Sprintf("%q is not RFC 3339, such as 2026-03-02T09:00:00Z", env.Time)}
		}
		e.Time = t.UTC()
	}
	if err := e.Validate(); err != nil {
		return Event{}, err
	}
	return e, nil
}

// maxName bounds ids, sources, types and subjects, so that they fit headers and keys.
const maxName = 256

// Times that are kept as nanoseconds since 1970 fit 64 bits between these years, with
// room for journeys that wait.
const earliestYear, latestYear = 1900, 2200

// Validate checks what every event must have, whichever door it comes through.
func (e *Event) Validate() error {
	for _, f := range []struct{ field, value, remedy string }{
		{"id", e.ID, "is missing: give each event an id of its own and repeat it when you retry"},
		{"source", e.Source, "is missing: name the system that publishes"},
		{"type", e.Type, "is missing: name what happened, such as order.completed"},
		{"subject", e.Subject, "is missing: name the profile, such as the customer's id"},
	} {
		if f.value == "" {
			return &FieldError{f.field, f.remedy}
		}
		if len(f.value) > maxName {
			return &FieldError{f.field, fmt.Sprintf("has %d bytes, at most %d are allowed", len(f.value), maxName)}
		}
	}
	if e.Time.IsZero() {
		return &FieldError{"time", "is missing: say when it happened, in RFC 3339"}
	}
	if y := e.Time.Year(); y < earliestYear || y > latestYear {
		return &FieldError{"time", fmt.Sprintf("is in the year %d, must lie between %d and %d", y, earliestYear, latestYear)}
	}
	if d := bytes.TrimSpace(e.Data); len(d) > 0 && d[0] != '{' {
		return &FieldError{"data", "must be a JSON object"}
	}
	if e.isOrder() {
		_, err := e.Order()
		return err
	}
	_, err := e.Profile()
	return err
}
