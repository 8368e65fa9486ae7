package journey

import (
	"encoding/json"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// Scope is what a condition may read. Properties are decoded when asked for: most
// conditions look at one or two of them, many at none.
type Scope struct {
	Now     time.Time
	Profile *profile.Profile

	event   *event.Event
	trigger *Trigger
	sent    []SentRef

	eventRaw, triggerRaw map[string]json.RawMessage

	next time.Time // the earliest of the times noted by NoteChange
}

// Trigger is what is kept of the event that entered an instance: enough for conditions
// and templates weeks later, small enough to be stored with every instance.
type Trigger struct {
	UID  string    `cbor:"1,keyasint"`
	Type string    `cbor:"2,keyasint"`
	At   time.Time `cbor:"3,keyasint"`
	// Data is the event's data as JSON, shortened by event.Trimmed.
	Data []byte `cbor:"4,keyasint,omitempty"`
	// Products are the keys of all products of an order, at most maxTriggerProducts.
	Products profile.Keys `cbor:"5,keyasint,omitzero"`
	// Trace is the W3C traceparent under which the event was applied.
	Trace string `cbor:"6,keyasint,omitempty"`
}

// SentRef is a message that an instance decided to send.
type SentRef struct {
	Step string    `cbor:"1,keyasint"`
	ID   string    `cbor:"2,keyasint"`
	At   time.Time `cbor:"3,keyasint"`
}

// NewScope makes the scope of one question. ev is nil on a timer, trig is nil before an
// instance exists.
func NewScope(now time.Time, p *profile.Profile, ev *event.Event, trig *Trigger, sent []SentRef) *Scope {
	return &Scope{Now: now, Profile: p, event: ev, trigger: trig, sent: sent}
}

// NoteChange notes that an answer given in this scope may be another one from a time on,
// without any event: conditions that looked at the clock say so. Of the times after Now,
// the earliest is kept.
func (s *Scope) NoteChange(at time.Time) {
	if at.After(s.Now) && (s.next.IsZero() || at.Before(s.next)) {
		s.next = at
	}
}

// NextChange is the earliest time at which any answer given in this scope could become
// another one without an event; the zero time when none can.
func (s *Scope) NextChange() time.Time { return s.next }

// EventProperty is one property of the event at hand, or of its envelope ("type", "id",
// "time"); nil when it has none, or on a timer.
func (s *Scope) EventProperty(name string) any {
	if s.event == nil {
		return nil
	}
	if name == "order_id" || name == "total" {
		// By far the most asked: orders are known by the one and worth the other. They have
		// been read already; a total of zero may be one that is missing.
		if o, err := s.event.Order(); err == nil && name == "order_id" {
			return o.OrderID
		} else if err == nil && !o.Total.IsZero() {
			return o.Total.InexactFloat64()
		}
	}
	if s.eventRaw == nil {
		s.eventRaw = properties(s.event.Data)
	}
	return property(s.eventRaw, name, s.event.Type, s.event.ID, s.event.Time)
}

// TriggerProperty is one property of the event that entered the instance, as it is kept.
func (s *Scope) TriggerProperty(name string) any {
	if s.trigger == nil {
		return nil
	}
	if s.triggerRaw == nil {
		s.triggerRaw = properties(s.trigger.Data)
	}
	return property(s.triggerRaw, name, s.trigger.Type, s.trigger.UID, s.trigger.At)
}

// Sent maps step ids to the messages decided there: {"id", "at"}.
func (s *Scope) Sent() map[string]any {
	m := make(map[string]any, len(s.sent))
	for _, r := range s.sent {
		m[r.Step] = map[string]any{"id": r.ID, "at": r.At}
	}
	return m
}

// properties parts data into its properties without reading them: a condition looks at one
// or two, and an order's products are long.
func properties(data []byte) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	if len(data) > 0 {
		// Data was validated as a JSON object when it was accepted; what is not one reads
		// as having no properties, and missing properties compare false.
		_ = json.Unmarshal(data, &m)
	}
	delete(m, event.ProfileProperty)
	return m
}

// property reads one property; where data has none, the envelope may.
func property(m map[string]json.RawMessage, name, typ, id string, at time.Time) any {
	if raw, ok := m[name]; ok {
		var v any
		_ = json.Unmarshal(raw, &v) // It is a part of valid JSON.
		return v
	}
	switch name {
	case "type":
		return typ
	case "id":
		return id
	case "time":
		return at
	}
	return nil
}
