package cloudevent

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"rapport/pkg/event"
)

// The content types of the modes that need one.
const (
	Structured = "application/cloudevents+json"
	Batched    = "application/cloudevents-batch+json"
)

// ExtensionsProperty is the member of an event's data that keeps the attributes for which
// event.Event has no field.
const ExtensionsProperty = "$extensions"

// ContentType is the Field of the error about a request that is in no mode that is read here,
// which a door answers with 415.
const ContentType = "content-type"

// Item is one event of a request, or what is wrong with it.
type Item struct {
	Event event.Event
	// Err is nil, or a *event.FieldError that names the attribute and the remedy.
	Err error
	// ID is the id that the producer gave, also where the rest could not be read; "" when
	// there was none.
	ID string
	// Trace and TraceState are the attributes traceparent and tracestate, where the event has a trace of
	// its own (CloudEvents, distributed tracing extension).
	Trace, TraceState string
}

// FromHTTP reads the events of an HTTP request (HTTP protocol binding 1.0.2). The error, a
// *event.FieldError, is about the request as a whole: it is in no mode that is read here, or the body is
// no JSON. What is wrong with one event stands in its Item, also when it is the only one. A batch may be
// empty. arrival is the time of events that have none.
func FromHTTP(h http.Header, body []byte, arrival time.Time) (items []Item, batched bool, err error) {
	typ, err := mediaType(strings.Join(h.Values("Content-Type"), ","))
	if err != nil {
		return nil, false, err
	}
	switch {
	case typ == Batched:
		items, err = batch(body, arrival)
		return items, true, err
	case typ == Structured:
		if item, ok := scanOne(body, arrival); ok {
			return []Item{item}, false, nil
		}
		c, err := fromJSON(body)
		if err != nil {
			return nil, false, err
		}
		return []Item{c.item(arrival)}, false, nil
	case strings.HasPrefix(typ, "application/cloudevents"):
		return nil, false, unsupported(typ)
	}
	c, found := fromHeaders(h, body)
	if !found {
		return nil, false, wrong(ContentType, "%q is no CloudEvent: send the event as %s, several as %s, or its attributes in headers such as ce-id",
			typ, Structured, Batched)
	}
	c.contentType(h.Values("Content-Type"))
	return []Item{c.item(arrival)}, false, nil
}

// FromNATS reads the event of a NATS message (NATS protocol binding 1.0.2, and its binary mode,
// which came after it). Errors are *event.FieldError. arrival is the time of an event that has none.
func FromNATS(header map[string][]string, data []byte, arrival time.Time) (event.Event, error) {
	var given []string
	for name, values := range header {
		if strings.EqualFold(name, ContentType) {
			given = append(given, values...)
		}
	}
	typ, err := mediaType(strings.Join(given, ","))
	switch {
	case err != nil:
		return event.Event{}, err
	case typ == Batched:
		return event.Event{}, wrong(ContentType, "is %s: NATS messages hold one event each, publish one for each event", Batched)
	case typ != Structured && strings.HasPrefix(typ, "application/cloudevents+"):
		return event.Event{}, unsupported(typ)
	}
	if !strings.HasPrefix(typ, "application/cloudevents") {
		if c, found := fromHeaders(header, data); found {
			if c.text["datacontenttype"] == "" {
				c.contentType(given)
			}
			return c.event(arrival)
		}
	}
	if item, ok := scanOne(data, arrival); ok {
		return item.Event, nil
	}
	c, err := fromJSON(data)
	if err != nil {
		return event.Event{}, err
	}
	return c.event(arrival)
}

// batch reads a JSON array of events.
func batch(body []byte, arrival time.Time) ([]Item, error) {
	if items, ok := scanBatch(body, arrival); ok {
		return items, nil
	}
	return slowBatch(body, arrival)
}

func slowBatch(body []byte, arrival time.Time) ([]Item, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	var all []json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, wrong("body", "is no JSON array of events: %v", err)
	}
	items := make([]Item, len(all))
	for i, raw := range all {
		items[i] = slow(raw, arrival)
	}
	return items, nil
}

// mediaType is a content type without its parameters, in lower case. Texts are UTF-8 only.
func mediaType(given string) (string, error) {
	if strings.TrimSpace(given) == "" {
		return "", nil
	}
	typ, params, err := mime.ParseMediaType(given)
	if err != nil {
		return "", wrong(ContentType, "%.100q is no content type: write it as application/cloudevents+json; charset=utf-8", given)
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return "", wrong(ContentType, "has the charset %.40q: send UTF-8", charset)
	}
	return typ, nil
}

func unsupported(typ string) error {
	return wrong(ContentType, "%q is a format that is not read here: send events in JSON, as %s", typ, Structured)
}

func wrong(field, reason string, args ...any) error {
	return &event.FieldError{Field: field, Reason: fmt.Sprintf(reason, args...)}
}
