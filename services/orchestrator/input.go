package orchestrator

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/message"
)

// input is one delivery, read.
type input struct {
	seq     uint64
	now     time.Time // the time at which it is dealt with
	event   *event.Event
	receipt *message.Receipt // set for what workers report
	tick    bool             // time runs on to now, inclusively
	trace   context.Context  // carries the remote span of the producer
	// broken says why the delivery cannot be applied; it goes to the dead letters.
	broken error
	raw    bus.Delivery
}

// read decodes a delivery. It never fails: what cannot be read is an input too.
func read(d bus.Delivery, placing bus.Placing) input {
	in := input{seq: d.Seq, raw: d, trace: bus.Extract(context.Background(), d.Header)}
	e, err := event.Decode(d.Data)
	switch {
	case err != nil:
		in.broken = bus.Because(bus.Unreadable, err)
	case d.IsTick():
		in.tick = e.Type == event.ClockAdvanced
		in.event = &e
	case d.IsReceipt() && !event.Receipt(e.Type):
		in.broken = bus.Because(bus.Refused, &event.FieldError{Field: "type", Reason: fmt.Sprintf(
			"%q is nothing that workers report: publish events to %s", e.Type, bus.EventSubject(e.Key()))})
	case !placing.Holds(d.Subject, e.Key()):
		// Such an event would be applied on a partition that does not own the profile.
		in.broken = bus.Because(bus.Refused, &event.FieldError{Field: "subject", Reason: fmt.Sprintf(
			"does not belong on %s, where it lies: publish to %s", d.Subject, bus.EventSubject(e.Key()))})
	case misplaced(&e) != nil:
		in.broken = bus.Because(bus.Refused, misplaced(&e))
	default:
		in.event = &e
		if event.Receipt(e.Type) {
			r, err := readReceipt(&e)
			in.receipt, in.broken = r, bus.Because(bus.Unreadable, err)
		}
	}
	return in
}

func readReceipt(e *event.Event) (*message.Receipt, error) {
	r, err := message.DecodeReceipt(e.Data)
	if err != nil {
		return nil, fmt.Errorf("data: not a receipt: %w", err)
	}
	if r.MessageID == "" {
		return nil, &event.FieldError{Field: "data.message_id", Reason: "is missing: name the message"}
	}
	if r.At.IsZero() {
		r.At = e.Time
	}
	return r, nil
}

// setTimes gives each input the time at which it is dealt with and returns the last.
// By the events' clock that is the highest time seen so far, because a late event cannot
// turn time back.
func setTimes(ins []input, clock Clock, position, wall time.Time) time.Time {
	now := position
	if clock == WallClock {
		now = wall
	}
	for i := range ins {
		if e := ins[i].event; clock == EventClock && ins[i].broken == nil && e.Time.After(now) {
			now = e.Time
		}
		ins[i].now = now
	}
	return now
}
