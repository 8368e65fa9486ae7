package cloudevent

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"rapport/pkg/jsontext"
)

// What is here reads events as senders usually send them, in one pass and without copies of their data.
// Whatever it gives up on (an attribute of somebody's own, data_base64, a name given twice, anything
// wrong) is for the other files, which decide what is right and word the errors; so it must not take what they
// would refuse, and where it takes an event, it is the same one. With encoding/json alone, more
// than half of what a batch cost went into finding its events and their attributes.

// reader reads events whose data stays where it is.
type reader struct {
	jsontext.Scanner
	bytes   []byte
	arrival time.Time
}

// shortEvent is how many bytes a short event has, and maxGuess for how many memory is taken before
// one is read.
const shortEvent, maxGuess = 256, 1024

// scanBatch reads a JSON array of events. Those that are not as usual are read one by one by the slow
// way; false when the array as a whole is for it. The events share the memory of body.
func scanBatch(body []byte, arrival time.Time) ([]Item, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	r := reader{Scanner: jsontext.Scanner{Text: string(body)}, bytes: body, arrival: arrival}
	items := make([]Item, 0, min(len(body)/shortEvent+1, maxGuess))
	for range r.Elements {
		items = append(items, r.element())
	}
	if r.End(); r.Lost() {
		return nil, false
	}
	return items, true
}

// scanOne reads one event; false when it is not as usual.
func scanOne(body []byte, arrival time.Time) (Item, bool) {
	if !utf8.Valid(body) {
		return Item{}, false
	}
	r := reader{Scanner: jsontext.Scanner{Text: string(body)}, bytes: body, arrival: arrival}
	item := r.usual()
	r.End()
	return item, !r.Lost()
}

// element reads one event of a batch, whichever way.
func (r *reader) element() Item {
	r.Peek()
	before := r.Scanner
	item := r.usual()
	if !r.Lost() {
		return item
	}
	r.Scanner = before
	if r.Raw(); r.Lost() {
		return Item{} // The array is broken.
	}
	return slow(r.bytes[before.At:r.At], r.arrival)
}

// slow reads an event as any sender may write it.
func slow(raw []byte, arrival time.Time) Item {
	c, err := fromJSON(raw)
	if err != nil {
		return Item{Err: err}
	}
	return c.item(arrival)
}

// attributes are those that are usual.
type attributes struct {
	specVersion, dataContentType, at string
	data                             json.RawMessage
}

// usual reads an event that is as usual and right; it gives up on all others.
func (r *reader) usual() Item {
	var item Item
	var a attributes
	seen := uint(0)
	for name := range r.Members {
		n := r.attribute(name, &item, &a)
		r.Once(&seen, n)
	}
	if r.Lost() || a.specVersion != "1.0" || !isJSON(a.dataContentType) {
		r.GiveUp()
		return item
	}
	e := &item.Event
	e.Time = r.arrival.UTC()
	if a.at != "" {
		t, err := time.Parse(time.RFC3339Nano, a.at)
		if err != nil {
			r.GiveUp()
			return item
		}
		e.Time = t.UTC()
	}
	if e.Data = a.data; e.Data == nil {
		e.Data = json.RawMessage("{}")
	}
	if own(e) != nil || validate(e) != nil {
		r.GiveUp()
	}
	item.ID = e.ID
	return item
}

// attribute reads the value of an attribute, and returns a number for its name.
func (r *reader) attribute(name string, item *Item, a *attributes) int {
	e := &item.Event
	switch name {
	case "specversion":
		a.specVersion = r.text()
		return 0
	case "id":
		e.ID = r.text()
		return 1
	case "source":
		e.Source = r.text()
		return 2
	case "type":
		e.Type = r.text()
		return 3
	case "subject":
		e.Subject = r.text()
		return 4
	case "time":
		a.at = r.text()
		return 5
	case "datacontenttype":
		a.dataContentType = r.text()
		return 6
	case "traceparent":
		item.Trace = r.text()
		return 7
	case "tracestate":
		item.TraceState = r.text()
		return 8
	case "rapportpast":
		e.Past = r.Bool()
		return 9
	case "data":
		a.data = r.object()
		return 10
	}
	r.GiveUp()
	return 0
}

// text reads a text without control characters.
func (r *reader) text() string {
	s := r.Quoted()
	if hasControl(s) {
		r.GiveUp()
	}
	return s
}

// object reads a JSON object. It shares the memory of what is read.
func (r *reader) object() json.RawMessage {
	if r.Peek() != '{' {
		r.GiveUp()
		return nil
	}
	start := r.At
	if r.Raw(); r.Lost() {
		return nil
	}
	return r.bytes[start:r.At:r.At]
}
