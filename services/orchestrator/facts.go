package orchestrator

import (
	"context"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// joined records a change of membership that a journey may have heard of. The others follow
// from the events, which are recorded, and would be a quarter of all rows.
func (b *batch) joined(p *person, e journey.Joined, from cause) {
	if !e.Heard {
		return
	}
	kind := store.KindJoined
	if e.Left {
		kind = store.KindParted
	}
	id := string(kind) + "/" + e.Segment + "/" + strconv.FormatInt(e.At.UnixNano(), 10)
	if e.Again > 0 {
		id += "/" + strconv.Itoa(e.Again)
	}
	b.note(p, e.At, id, kind, e.Segment, "", from)
}

// armed counts an instance for the arm it took.
func (b *batch) armed(p *person, e journey.Armed, from cause) {
	x := e.Experiment
	b.arms.add(store.ArmDelta{Journey: x.Journey, Version: x.Version, Step: x.Step, Arm: e.Arm, Ghost: e.Ghost, Entered: 1})
	b.note(p, e.At, "arm/"+e.Instance+"/"+x.Step+"/"+e.Arm, store.KindArm, x.Journey, x.Step+": "+e.Arm, from)
}

// converted counts a goal for the journey, and for every arm the instance took.
func (b *batch) converted(p *person, e journey.Converted, from cause) {
	d := store.ArmDelta{Journey: e.Journey, Version: e.Version, Ghost: e.Ghost, Converted: 1, Value: e.Value}
	d.Arm = whole(e.Ghost)
	b.arms.add(d)
	for _, a := range e.Arms {
		d.Step, d.Arm = a.Step, a.Arm
		b.arms.add(d)
	}
	b.note(p, e.At, "converted/"+e.Instance, store.KindConverted, e.Journey, strconv.FormatFloat(e.Value, 'f', -1, 64), from)
}

// published puts an event that the engine made into the outbox; it comes back as any
// event does, and is applied and recorded then.
func (b *batch) published(p *person, e *journey.Published, from cause) error {
	if e.Quiet {
		b.out.Timeline = append(b.out.Timeline, store.TimelineRow{
			Profile: p.id, At: e.Event.Time, ID: "published/" + e.Event.UID(), Kind: store.KindPublished, Name: e.Event.Type,
			Trace: traceID(from.span), Data: e.Event.Data,
		})
		return nil
	}
	ctx, span := b.w.o.decisionSpan("publish "+e.Event.Type, e.Trigger, from, attribute.String("rapport.event_type", e.Event.Type))
	defer span.End()
	data, err := event.Encode(&e.Event)
	if err != nil {
		return err
	}
	b.out.Outbox = append(b.out.Outbox, store.Outgoing{
		Subject: bus.EventSubject(event.Key(p.id)), ID: e.Event.UID(), Header: carrier(ctx), Data: data,
	})
	return nil
}

// decideSpan is the span of a message's decision.
func (o *Orchestrator) decideSpan(m *journey.Message, from cause) (context.Context, trace.Span) {
	ctx, span := o.decisionSpan("decide "+m.Command.Journey, m.Trigger, from)
	if span.IsRecording() {
		span.SetAttributes(attributes(m)...)
	}
	return ctx, span
}
