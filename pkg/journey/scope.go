package journey

import (
	"encoding/json"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// Scope is what a condition may read. Properties are decoded when first asked for: most
// conditions look at one or two of them, many at none.
type Scope struct {
	Now     time.Time
	Profile *profile.Profile

	event   *event.Event
	trigger *Trigger
	sent    []SentRef

	eventProps, triggerProps map[string]any
}

// Trigger is what is kept of the event that entered an instance: enough for conditions
// and templates weeks later, small enough to be stored with every instance.
type Trigger struct {
	UID  string    `cbor:"1,keyasint"`
	Type string    `cbor:"2,keyasint"`
	At   time.Time `cbor:"3,keyasint"`
	// Data is the event's data as JSON, shortened: see Trim.
	Data []byte `cbor:"4,keyasint,omitempty"`
	// Products are the keys of all products of an order, at most maxTriggerProducts.
	Products []string `cbor:"5,keyasint,omitempty"`
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

// Event is the properties of the event at hand, with its "type", "id" and "time"; nil on
// a timer.
func (s *Scope) Event() map[string]any {
	if s.event == nil {
		return nil
	}
	if s.eventProps == nil {
		s.eventProps = properties(s.event.Data, s.event.Type, s.event.ID, s.event.Time)
	}
	return s.eventProps
}

// Trigger is the properties of the event that entered the instance, shortened as stored.
func (s *Scope) Trigger() map[string]any {
	if s.trigger == nil {
		return nil
	}
	if s.triggerProps == nil {
		s.triggerProps = properties(s.trigger.Data, s.trigger.Type, s.trigger.UID, s.trigger.At)
	}
	return s.triggerProps
}

// Sent maps step ids to the messages decided there: {"id", "at"}.
func (s *Scope) Sent() map[string]any {
	m := make(map[string]any, len(s.sent))
	for _, r := range s.sent {
		m[r.Step] = map[string]any{"id": r.ID, "at": r.At}
	}
	return m
}

// properties decodes data and adds what the envelope says where data does not.
func properties(data []byte, typ, id string, at time.Time) map[string]any {
	m := map[string]any{}
	if len(data) > 0 {
		// Data was validated as a JSON object when it was accepted; what is not one reads
		// as having no properties, and missing properties compare false.
		_ = json.Unmarshal(data, &m)
	}
	delete(m, event.ProfileProperty)
	for k, v := range map[string]any{"type": typ, "id": id, "time": at} {
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
	return m
}
