package ingest

import (
	"encoding/json"

	"rapport/pkg/jsontext"
)

// What is here reads what senders usually send, in one pass and without copies; whatever it
// gives up on is for encoding/json, which decides what is right and words the errors. With
// encoding/json alone, half of the time of accepting an event went there.

// reader reads JSON whose values are kept as bytes of the text it came in.
type reader struct {
	jsontext.Scanner
	bytes []byte
}

func newReader(b []byte) *reader {
	return &reader{Scanner: jsontext.Scanner{Text: string(b)}, bytes: b}
}

// value reads any value. It shares the memory of what is read.
func (r *reader) value() json.RawMessage {
	r.Peek()
	start := r.At
	if r.Raw(); r.Lost() {
		return nil
	}
	return r.bytes[start:r.At:r.At]
}

// done reports whether all was read and nothing follows.
func (r *reader) done() bool {
	r.End()
	return !r.Lost()
}

// How many bytes a short call has, and for how many calls memory is taken before one is read.
const shortCall, maxGuess = 512, 256

// scanBatch is json.Unmarshal into a batch.
func scanBatch(body []byte) (*batch, bool) {
	r, b, seen := newReader(body), &batch{}, uint(0)
	for name := range r.Members {
		switch name {
		case "batch":
			r.Once(&seen, 0)
			list := make([]call, 0, min(len(body)/shortCall+1, maxGuess))
			for range r.Elements {
				list = append(list, call{})
				r.call(&list[len(list)-1])
			}
			b.Batch = &list
		case "sentAt":
			r.Once(&seen, 1)
			b.SentAt = r.value()
		case "context":
			r.Once(&seen, 2)
			b.Context = r.value()
		case "writeKey":
			r.Once(&seen, 3)
			b.WriteKey = r.value()
		default:
			r.Skip(name, "batch", "sentAt", "context", "writeKey")
		}
	}
	return b, r.done()
}

// scanCall is json.Unmarshal into a call.
func scanCall(body []byte) (*call, bool) {
	r, c := newReader(body), &call{}
	r.call(c)
	return c, r.done()
}

func (r *reader) call(c *call) {
	seen := uint(0)
	for name := range r.Members {
		field, n := c.field(name)
		if field == nil {
			r.Skip(name, "type", "action", "event", "name", "category", "userId", "user_id", "anonymousId", "anonymous_id", "previousId",
				"groupId", "messageId", "timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context", "writeKey")
			continue
		}
		r.Once(&seen, n)
		*field = r.value()
	}
}

// field is where a call keeps a member, and a number for it; nil when it does not.
func (c *call) field(name string) (*json.RawMessage, int) {
	switch name {
	case "type":
		return &c.Type, 0
	case "action":
		return &c.Action, 1
	case "event":
		return &c.Event, 2
	case "name":
		return &c.Name, 3
	case "category":
		return &c.Category, 4
	case "userId":
		return &c.UserID, 5
	case "user_id":
		return &c.UserIDSnake, 6
	case "anonymousId":
		return &c.AnonymousID, 7
	case "anonymous_id":
		return &c.AnonymousIDSnake, 8
	case "previousId":
		return &c.PreviousID, 9
	case "groupId":
		return &c.GroupID, 10
	case "messageId":
		return &c.MessageID, 11
	case "timestamp":
		return &c.Timestamp, 12
	case "originalTimestamp":
		return &c.OriginalTimestamp, 13
	case "sentAt":
		return &c.SentAt, 14
	case "properties":
		return &c.Properties, 15
	case "traits":
		return &c.Traits, 16
	case "context":
		return &c.Context, 17
	case "writeKey":
		return &c.WriteKey, 18
	}
	return nil, 0
}

// scanPerson is json.Unmarshal into a personContext.
func scanPerson(obj []byte) (p personContext, ok bool) {
	r, seen := newReader(obj), uint(0)
	for name := range r.Members {
		switch name {
		case "traits":
			r.Once(&seen, 0)
			p.Traits = r.value()
		case "timezone":
			r.Once(&seen, 1)
			p.Timezone = r.value()
		case "locale":
			r.Once(&seen, 2)
			p.Locale = r.value()
		case "consent":
			r.Once(&seen, 3)
			p.Consent = r.value()
		case "historical":
			r.Once(&seen, 4)
			p.Historical = r.value()
		default:
			r.Skip(name, "traits", "timezone", "locale", "consent", "historical")
		}
	}
	return p, r.done()
}

// scanDecision is json.Unmarshal into a decision.
func scanDecision(obj []byte) (d decision, ok bool) {
	r, seen := newReader(obj), uint(0)
	for name := range r.Members {
		switch name {
		case "channel":
			r.Once(&seen, 0)
			d.Channel = r.value()
		case "purpose":
			r.Once(&seen, 1)
			d.Purpose = r.value()
		case "granted":
			r.Once(&seen, 2)
			d.Granted = r.value()
		case "source":
			r.Once(&seen, 3)
			d.Source = r.value()
		case "at":
			r.Once(&seen, 4)
			d.At = r.value()
		case "proof":
			r.Once(&seen, 5)
			d.Proof = r.value()
		case "confirmed":
			r.Once(&seen, 6)
			d.Confirmed = r.value()
		default:
			r.Skip(name, "channel", "purpose", "granted", "source", "at", "proof", "confirmed")
		}
	}
	return d, r.done()
}

// property is a member of an object that has any names.
type property struct {
	name  string
	value json.RawMessage
}

// fewProperties is how many members an object may have to be searched member by member.
const fewProperties = 32

// scanProperties reads the members of an object.
func scanProperties(obj []byte) (list []property, ok bool) {
	r := newReader(obj)
	for name := range r.Members {
		if _, twice := find(list, name); twice || len(list) == fewProperties {
			r.GiveUp()
			continue
		}
		list = append(list, property{name, r.value()})
	}
	return list, r.done()
}

func find(list []property, name string) (json.RawMessage, bool) {
	for i := range list {
		if list[i].name == name {
			return list[i].value, true
		}
	}
	return nil, false
}
