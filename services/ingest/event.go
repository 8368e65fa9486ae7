package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"rapport/pkg/event"
)

// origin is what the events of one request have in common.
type origin struct {
	key       *Key
	received  time.Time
	sentAt    json.RawMessage // of the batch
	context   json.RawMessage // of the batch
	maxSize   int64
	plan      Plan
	catalogue Catalogue

	corrected int      // times that lay in the future
	untimed   int      // calls so far that named no time
	violated  []string // types of events that are not as declared, and kept
}

// accepted is a call that became an event.
type accepted struct {
	event   event.Event
	encoded []byte      // the CloudEvent; nil of a product, which becomes no message
	trace   nats.Header // the event's own, nil where it has that of its request
}

// accept makes a call of the given verb ("track", "identify" ...) into an event.
func (o *origin) accept(c *call, verb string) (a accepted, err *fieldError) {
	if c.size() > o.maxSize {
		return a, tooLong(o.maxSize)
	}
	a.event.Source = o.key.Source
	if a.event.ID, err = messageID(c); err != nil {
		return a, err
	}
	if a.event.Subject, err = subject(c); err != nil {
		return a, err
	}
	if a.event.Type, err = o.typeOf(c, verb); err != nil {
		return a, err
	}
	if a.event.Time, err = o.timeOf(c); err != nil {
		return a, err
	}
	pc, err := o.person(c)
	if err != nil {
		return a, err
	}
	if a.event.Past, err = pc.past(); err != nil {
		return a, err
	}
	if a.event.Data, err = o.data(c, verb, &a.event, &pc); err != nil {
		return a, err
	}
	if o.key.Browser {
		if err = browserMay(c, verb, &a.event); err != nil {
			return a, err
		}
	}
	if err = validate(&a.event, verb); err != nil {
		return a, err
	}
	if verb == "track" {
		if err = checkPrevious("properties", &a.event); err != nil {
			return a, err
		}
	}
	return o.finish(a, func(field string) string { return fieldOf(field, verb) })
}

// finish is the end of accepting an event by any door: the plan and the catalogue are asked, and
// it is written. name says how the sender calls an attribute.
func (o *origin) finish(a accepted, name func(attribute string) string) (accepted, *fieldError) {
	if product(&a.event) {
		if o.catalogue == nil {
			return a, wrong(name("type"), "%s is about the catalogue, which does not run here: send it where it does", a.event.Type).because(unconnected)
		}
		if err := o.catalogue.Check(&a.event); err != nil {
			return a, wrong(name(err.Field), "%s", err.Reason)
		}
		return a, nil
	}
	if o.plan != nil {
		if err := o.plan.Check(&a.event); err != nil {
			if !o.plan.Keeps(a.event.Type) {
				return a, wrong(name(err.Field), "%s", err.Reason)
			}
			o.violated = append(o.violated, a.event.Type)
		}
	}
	var err *fieldError
	a.encoded, err = encode(&a.event)
	return a, err
}

// encode writes the event, which must still fit a message: JSON escapes can be longer
// than what they stand for.
func encode(e *event.Event) ([]byte, *fieldError) {
	encoded, err := event.Encode(e)
	if err != nil {
		return nil, wrong("properties", "cannot be written as JSON: %v", err)
	}
	if len(encoded) > maxMessage {
		return nil, tooLong(maxMessage)
	}
	return encoded, nil
}

func tooLong(limit int64) *fieldError {
	return wrong("properties", "make an event of more than %d bytes: send less in properties, traits and context", limit).because(tooLarge)
}

func messageID(c *call) (string, *fieldError) {
	id, err := identifier("messageId", c.MessageID)
	if err != nil || id != "" {
		return id, err
	}
	return newID("messageId")
}

// newID is the id of an event that came without one.
func newID(field string) (string, *fieldError) {
	v7, err := uuid.NewV7()
	if err != nil {
		return "", wrong(field, "is missing, and none could be made: %v", err)
	}
	return v7.String(), nil
}

func first(values ...json.RawMessage) json.RawMessage {
	for _, v := range values {
		if k := kind(v); k != "" && k != "null" {
			return v
		}
	}
	return nil
}

func (o *origin) typeOf(c *call, verb string) (string, *fieldError) {
	switch verb {
	case "track":
		return o.trackType(c)
	case "identify":
		return event.ProfileIdentified, nil
	case "page":
		return event.PageViewed, nil
	case "screen":
		return event.ScreenViewed, nil
	case "group":
		return event.GroupJoined, nil
	case "alias":
		return event.ProfileAliased, nil
	case "unalias":
		return event.ProfileUnaliased, nil
	case "":
		return "", wrong("type", "is missing: say track, identify, page, screen, group or alias")
	}
	return "", wrong("type", "%q is not known: say track, identify, page, screen, group or alias", verb)
}

func (o *origin) trackType(c *call) (string, *fieldError) {
	name, err := text("event", c.Event)
	if err != nil {
		return "", err
	}
	typ := event.TypeFromName(name)
	if o.plan != nil {
		typ = o.plan.TypeOf(name)
	}
	switch {
	case typ == "":
		return "", wrong("event", "is missing: name what happened, such as \"Order Completed\"")
	case ours(typ) && (typ == event.ClockAdvanced || strings.Contains(name, ".")):
		return "", wrong("event", "%q is a type that only Rapport itself publishes: choose another name", name)
	case ours(typ):
		return "shop_" + typ, nil
	}
	return typ, nil
}

// ours reports whether only Rapport itself publishes a type.
func ours(typ string) bool {
	return typ == event.ClockAdvanced || event.Receipt(typ) || strings.HasPrefix(typ, event.Identity)
}

// timeOf is when it happened, by the broker side's clock if the sender tells what its own
// clock said when it sent (Segment, "timestamps", https://segment.com/docs/connections/spec/common/#timestamps).
func (o *origin) timeOf(c *call) (time.Time, *fieldError) {
	field, raw := "timestamp", first(c.Timestamp)
	if raw == nil {
		field, raw = "originalTimestamp", first(c.OriginalTimestamp)
	}
	if raw == nil {
		return o.arrival(), nil
	}
	t, err := timestamp(field, raw)
	if err != nil {
		return time.Time{}, err
	}
	if sent := first(c.SentAt, o.sentAt); sent != nil {
		sentAt, err := timestamp("sentAt", sent)
		if err != nil {
			return time.Time{}, err
		}
		t = o.received.Add(-sentAt.Sub(t)).UTC()
	}
	if t = o.notAhead(t); t.Year() < 1970 {
		return time.Time{}, wrong(field, "is in the year %d: send the time at which it happened, after 1970", t.Year())
	}
	return t, nil
}

// arrival is the time of a call that names none, or one that cannot be. Of a request's calls the later one has the later
// time, so that of two things said of one person the last counts.
func (o *origin) arrival() time.Time {
	at := o.received.Add(time.Duration(o.untimed) * time.Microsecond).UTC()
	o.untimed++
	return at
}

// aheadAtMost is how far the clock of a sender may be ahead of ours. What is said to happen later
// happened when it came.
const aheadAtMost = 5 * time.Minute

// notAhead is a time that is not in the future.
func (o *origin) notAhead(t time.Time) time.Time {
	if t.After(o.received.Add(aheadAtMost)) {
		o.corrected++
		return o.arrival()
	}
	return t
}

// timestamp reads the forms of ISO 8601 that Segment's libraries send.
func timestamp(field string, raw json.RawMessage) (time.Time, *fieldError) {
	s, err := text(field, raw)
	if err != nil {
		return time.Time{}, wrong(field, "is %s, must be a string such as \"2026-03-02T09:00:00.000Z\"", describe(raw))
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, wrong(field, "%q is not ISO 8601, such as 2026-03-02T09:00:00.000Z", s)
}

// validate applies the rules that all doors share, in the names of this one.
func validate(e *event.Event, verb string) *fieldError {
	err := e.Validate()
	var wrongField *event.FieldError
	if errors.As(err, &wrongField) && (wrongField.Field == "data.order_id" || strings.HasSuffix(wrongField.Field, "].product_id")) {
		if data, changed := renameOrder(e.Data); changed {
			// A new event: the old one remembers what it has read.
			*e = event.Event{ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: e.Time, Past: e.Past, Data: data}
			err = e.Validate()
		}
	}
	if err == nil {
		return nil
	}
	if !errors.As(err, &wrongField) {
		return wrong("", "%v", err)
	}
	if strings.HasPrefix(wrongField.Field, "data") {
		if found := locate(e.Data); found != nil {
			return found
		}
	}
	return wrong(fieldOf(wrongField.Field, verb), "%s", wrongField.Reason)
}

// fieldOf names an event's attribute as the call has it.
func fieldOf(attribute, verb string) string {
	if path, ok := strings.CutPrefix(attribute, "data."+event.ProfileProperty+".traits"); ok && verb == "identify" {
		return "traits" + path
	}
	if path, ok := strings.CutPrefix(attribute, "data"); ok {
		return "properties" + path
	}
	switch attribute {
	case "id":
		return "messageId"
	case "subject":
		return "userId"
	case "time":
		return "timestamp"
	case "type":
		if verb == "track" {
			return "event"
		}
	}
	return attribute
}

// join puts members into a JSON object, behind those it has and without touching them.
// A nil object is empty.
func join(obj json.RawMessage, members ...[]byte) json.RawMessage {
	obj = bytes.TrimSpace(obj)
	if len(obj) == 0 {
		obj = []byte("{}")
	}
	inner := bytes.TrimSpace(obj[1 : len(obj)-1])
	size := len(obj)
	for _, m := range members {
		size += len(m) + 1
	}
	out := make([]byte, 0, size)
	out = append(append(out, '{'), inner...)
	for _, m := range members {
		if len(m) == 0 {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, m...)
	}
	return append(out, '}')
}

func member(name string, value json.RawMessage) []byte {
	if k := kind(value); k == "" || k == "null" {
		return nil
	}
	return append([]byte(`"`+name+`":`), value...)
}
