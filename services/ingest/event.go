package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"rapport/pkg/event"
)

// origin is what the calls of one request have in common.
type origin struct {
	source   string // name of the write key
	received time.Time
	sentAt   json.RawMessage // of the batch
	context  json.RawMessage // of the batch
	maxSize  int64
}

// accepted is a call that became an event.
type accepted struct {
	event    event.Event
	encoded  []byte // the CloudEvent
	assigned bool   // the id is ours
}

// accept makes a call of the given verb ("track", "identify" ...) into an event.
func (o *origin) accept(c *call, verb string) (accepted, *fieldError) {
	if c.size() > o.maxSize {
		return accepted{}, tooLong(o.maxSize)
	}
	var a accepted
	var err *fieldError
	a.event.Source = o.source
	if a.event.ID, a.assigned, err = messageID(c); err != nil {
		return a, err
	}
	if a.event.Subject, err = subject(c); err != nil {
		return a, err
	}
	if a.event.Type, err = typeOf(c, verb); err != nil {
		return a, err
	}
	if a.event.Time, err = o.timeOf(c); err != nil {
		return a, err
	}
	if a.event.Data, err = o.data(c, verb, a.event.Time); err != nil {
		return a, err
	}
	if err = validate(&a.event, verb); err != nil {
		return a, err
	}
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
	e := wrong("properties", "make an event of more than %d bytes: send less in properties, traits and context", limit)
	e.reason = tooLarge
	return e
}

func messageID(c *call) (id string, assigned bool, err *fieldError) {
	if id, err = identifier("messageId", c.MessageID); err != nil || id != "" {
		return id, false, err
	}
	v7, uerr := uuid.NewV7()
	if uerr != nil {
		return "", false, wrong("messageId", "is missing, and none could be made: %v", uerr)
	}
	return v7.String(), true, nil
}

// subject is the userId, else the anonymousId behind its prefix.
func subject(c *call) (string, *fieldError) {
	user, err := identifier("userId", first(c.UserID, c.UserIDSnake))
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(user, event.AnonymousPrefix) {
		return "", wrong("userId", "begins with %q, which marks unknown visitors: send it as anonymousId, without the prefix", event.AnonymousPrefix)
	}
	if user != "" {
		return user, nil
	}
	anonymous, err := identifier("anonymousId", first(c.AnonymousID, c.AnonymousIDSnake))
	if err != nil {
		return "", err
	}
	if anonymous == "" {
		return "", wrong("userId", "is missing, and so is anonymousId: one of them must name the profile")
	}
	return event.AnonymousPrefix + anonymous, nil
}

func first(values ...json.RawMessage) json.RawMessage {
	for _, v := range values {
		if k := kind(v); k != "" && k != "null" {
			return v
		}
	}
	return nil
}

func typeOf(c *call, verb string) (string, *fieldError) {
	switch verb {
	case "track":
		return trackType(c)
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
	case "":
		return "", wrong("type", "is missing: say track, identify, page, screen, group or alias")
	}
	return "", wrong("type", "%q is not known: say track, identify, page, screen, group or alias", verb)
}

func trackType(c *call) (string, *fieldError) {
	name, err := text("event", c.Event)
	if err != nil {
		return "", err
	}
	typ := event.TypeFromName(name)
	switch {
	case typ == "":
		return "", wrong("event", "is missing: name what happened, such as \"Order Completed\"")
	case typ == event.ClockAdvanced, event.Receipt(typ) && strings.Contains(name, "."):
		return "", wrong("event", "%q is a type that only Rapport itself publishes: choose another name", name)
	case event.Receipt(typ):
		return "shop_" + typ, nil
	}
	return typ, nil
}

// timeOf is when it happened, by the broker side's clock if the sender tells what its own
// clock said when it sent (Segment, "timestamps", https://segment.com/docs/connections/spec/common/#timestamps).
func (o *origin) timeOf(c *call) (time.Time, *fieldError) {
	field, raw := "timestamp", first(c.Timestamp)
	if raw == nil {
		field, raw = "originalTimestamp", first(c.OriginalTimestamp)
	}
	if raw == nil {
		return o.received.UTC(), nil
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
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, wrong(field, "is in the year %d: send the time at which it happened, after 1970", t.Year())
	}
	return t, nil
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
			*e = event.Event{ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Time: e.Time, Data: data}
			err = e.Validate()
		}
	}
	if err == nil {
		return nil
	}
	if !errors.As(err, &wrongField) {
		return wrong("", "%v", err)
	}
	path, inData := strings.CutPrefix(wrongField.Field, "data")
	if inData {
		if found := locate(e.Data); found != nil {
			return found
		}
		return wrong("properties"+path, "%s", wrongField.Reason)
	}
	return wrong(fieldOf(wrongField.Field, verb), "%s", wrongField.Reason)
}

// fieldOf names an event's attribute as the call has it.
func fieldOf(attribute, verb string) string {
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
