package cloudevent

import (
	"strings"
	"time"

	"rapport/pkg/event"
)

// Encode writes an event in structured mode: the body of a request or message whose content type is
// Structured. Errors are *event.FieldError: what no door of Rapport's would take is not written.
// A time that is not set is left out.
func Encode(e *event.Event) ([]byte, error) {
	if err := sendable(e); err != nil {
		return nil, err
	}
	return event.Encode(e)
}

// EncodeBatch writes events in batched mode, in their order: the body of a request whose content type is
// Batched.
func EncodeBatch(events []event.Event) ([]byte, error) {
	out := []byte{'['}
	for i := range events {
		b, err := Encode(&events[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, b...)
	}
	return append(out, ']'), nil
}

// EncodeNATS writes an event in the binary mode of NATS: the headers, and the message's data. Errors
// are *event.FieldError.
func EncodeNATS(e *event.Event) (header map[string][]string, data []byte, err error) {
	if err := sendable(e); err != nil {
		return nil, nil, err
	}
	header = map[string][]string{}
	set := func(name, value string) {
		if value != "" {
			header[prefix+name] = []string{escape(value)}
		}
	}
	set("specversion", "1.0")
	set("id", e.ID)
	set("source", e.Source)
	set("type", e.Type)
	set("subject", e.Subject)
	if !e.Time.IsZero() {
		set("time", e.Time.UTC().Format(time.RFC3339Nano))
	}
	if e.Past {
		set("rapportpast", "true")
	}
	set("datacontenttype", "application/json")
	return header, e.Data, nil
}

// sendable reports what a door would refuse. The checks are those of reading.
func sendable(e *event.Event) error {
	for _, f := range []struct{ name, value string }{{"id", e.ID}, {"source", e.Source}, {"type", e.Type}, {"subject", e.Subject}} {
		if hasControl(f.value) || strings.ToValidUTF8(f.value, "") != f.value {
			return wrong(f.name, "has control characters, or is no UTF-8: leave them out")
		}
	}
	if e.Of != "" {
		return wrong("rapportof", "is what the engine says of events that it passes on: leave Of empty")
	}
	if err := own(e); err != nil {
		return err
	}
	if e.Time.IsZero() {
		// The door takes the time of arrival for it; any that is allowed will do for the check.
		timed := event.Event{ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: time.Unix(0, 0), Data: e.Data}
		return validate(&timed)
	}
	return validate(e)
}
