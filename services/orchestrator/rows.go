package orchestrator

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// maxTimelineLines is how many products of an order the timeline keeps.
const maxTimelineLines = 20

// input applies one input to its profile.
func (b *batch) input(ctx context.Context, in *input) error {
	switch {
	case in.broken != nil:
		return b.bury(ctx, in)
	case in.tick:
		return nil
	case in.toAuthority():
		return b.authorize(ctx, in)
	}
	p, uid := b.people[in.event.Subject], rowID(in.event)
	if p.seen[uid] {
		b.w.o.metrics.duplicate(ctx)
		return nil
	}
	p.seen[uid] = true
	b.list(in.event, p)                                 // Of whom an address was does not matter to whoever has it.
	if r := in.receipt; r != nil && in.event.Of == "" { // The message is where the receipt came in.
		b.out.Outcomes = append(b.out.Outcomes, store.OutcomeRow{
			MessageID: r.MessageID, Outcome: r.Outcome, Reason: r.Reason, Detail: r.Detail,
			Provider: r.Provider, ProviderID: r.ProviderID, Resent: r.Resent, At: r.At,
		})
	}
	switch {
	case strings.HasPrefix(in.event.Type, event.Identity):
		return b.identity(ctx, p, in)
	case p.forgotten(in.event), !p.awaits(in.event):
		b.w.o.metrics.duplicate(ctx)
		return nil
	case in.event.Type == event.ProfileErased:
		return b.erase(ctx, p, in)
	case p.state == nil && !p.unopened:
		p.state, p.dirty = journey.NewState(in.event.Subject, in.event.Time), true
	}
	return b.event(ctx, p, in)
}

// rowID is the id of an event's row in the timeline. One that comes back to an id that it began at,
// because another one acts for the person now, is no repetition.
func rowID(e *event.Event) string {
	if e.Of != "" {
		return store.PassedID(e.Of, e.UID())
	}
	return e.UID()
}

// awaits reports whether an event is to be applied here that another id passed on: only as long
// as that one points here. Later it has taken along what it had.
func (p *person) awaits(e *event.Event) bool {
	if e.Of == "" || e.Type == event.ProfileErased || p.unopened {
		return true
	}
	if p.state == nil {
		return false
	}
	_, ok := p.state.Identity.Profile(e.Of)
	return ok
}

// event applies an event to its profile, and says and passes on what follows for other ids.
func (b *batch) event(ctx context.Context, p *person, in *input) error {
	spanCtx, span := b.w.o.applySpan(in)
	defer span.End()
	row := store.TimelineRow{
		Profile: p.id, At: in.event.Time, ID: rowID(in.event), Kind: store.KindEvent, Name: in.event.Type,
		Trace: traceID(trace.SpanContextFromContext(spanCtx)), Data: in.event.Kept(maxTimelineLines),
	}
	if in.event.Of != "" {
		row.Kind, row.Detail = store.KindPassed, in.event.Of
	}
	b.out.Timeline = append(b.out.Timeline, row)
	p.touched = true
	if p.unopened {
		return nil // Nobody hears the receipt, and the profile knew when it was decided.
	}
	from := cause{span: trace.SpanContextFromContext(spanCtx), direct: true, stored: in.raw.Time}
	effects := b.set.Event(p.state, in.event, in.now, traceparent(spanCtx))
	// That a message was sent is in the profile's history since it was decided: unless a
	// journey reacted to it, the state is what it was and need not be written again.
	about, _ := in.event.Profile()
	// What it means to a paused journey has no effect yet.
	p.dirty = p.dirty || in.event.Type != event.MessageSent || b.set.Hears(event.MessageSent) || about != nil || len(effects) > 0
	if err := b.effects(ctx, p, effects, in.now, from); err != nil {
		return err
	}
	b.schedule(p)
	if err := b.say(p, in.event); err != nil {
		return err
	}
	return b.pass(p, in, carrier(spanCtx))
}

// cause is the span under which something was decided: an event's, which is direct, or
// none, when a timer fired.
type cause struct {
	span   trace.SpanContext
	direct bool
	stored time.Time // when the broker stored the event
}

// effects turns what the engine decided into rows, and answers what it asks. Messages
// continue the trace of a direct cause, or begin one that is linked to the entering event's.
func (b *batch) effects(ctx context.Context, p *person, effects []journey.Effect, now time.Time, from cause) error {
	for _, e := range effects {
		switch e := e.(type) {
		case journey.Entered:
			b.note(p, now, "entered/"+e.Instance, store.KindEntered, e.Journey, "", from)
			b.arms.add(store.ArmDelta{Journey: e.Journey, Version: e.Version, Arm: whole(e.Ghost), Ghost: e.Ghost, Entered: 1})
		case journey.Ended:
			if e.Finished {
				b.note(p, now, "ended/"+e.Instance, store.KindFinished, e.Journey, "", from)
			} else {
				b.note(p, now, "ended/"+e.Instance, store.KindLeft, e.Journey, e.Reason, from)
			}
		case journey.Moved:
			// A change may be taken back and made again.
			id := "moved/" + e.Instance + "/" + e.To + "/" + strconv.FormatInt(e.At.UnixNano(), 10)
			b.note(p, now, id, store.KindMoved, e.Journey, e.From+" to "+e.To+" at "+e.Step, from)
		case journey.Joined:
			b.joined(p, e, from)
		case journey.Armed:
			b.armed(p, e, from)
		case journey.Converted:
			b.converted(p, e, from)
		case journey.Published:
			if err := b.published(p, &e, from); err != nil {
				return err
			}
		case journey.Message:
			if err := b.decided(p, &e, from); err != nil {
				return err
			}
		case journey.Ask:
			more, err := b.answer(ctx, p, e, now)
			if err != nil {
				return err
			}
			if err := b.effects(ctx, p, more, now, from); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) note(p *person, at time.Time, id string, kind store.Kind, name, detail string, from cause) {
	b.out.Timeline = append(b.out.Timeline, store.TimelineRow{
		Profile: p.id, At: at, ID: id, Kind: kind, Name: name, Detail: detail, Trace: traceID(from.span),
	})
}

// answer asks for suggestions. By the wall's clock a recommender that does not answer
// postpones the instance; by the events' clock the batch fails and is tried again, because
// a replay must not depend on who was slow. One that has not answered is not asked again in
// the same batch, or a hundred instances would wait for it a hundred times.
func (b *batch) answer(ctx context.Context, p *person, ask journey.Ask, now time.Time) ([]journey.Effect, error) {
	if b.silent {
		b.set.Postpone(p.state, ask.Instance, now.Add(postponement))
		return nil, nil
	}
	waiting := time.AfterFunc(tardy, b.yield)
	got, err := b.w.o.Suggester.Suggest(ctx, request(ask.Query, b.through))
	waiting.Stop()
	switch {
	case err == nil:
		return b.set.Answer(p.state, ask.Instance, products(got), now), nil
	case b.w.o.Clock == EventClock || ctx.Err() != nil:
		return nil, outage(fmt.Errorf("instance %s: %w", ask.Instance, err))
	}
	b.w.log.WarnContext(ctx, "no suggestions, asking again later", "instance", ask.Instance, "error", err)
	b.silent = true
	b.set.Postpone(p.state, ask.Instance, now.Add(postponement))
	return nil, nil
}

// decided records a message and, unless policy kept it back, puts it into the outbox.
func (b *batch) decided(p *person, m *journey.Message, from cause) error {
	c := m.Command
	c.Partition = b.w.partition
	if b.w.o.Clock == WallClock && from.direct { // A replay must not depend on when it is made.
		c.EventAt = from.stored.UTC()
	}
	spanCtx, span := b.w.o.decideSpan(m, from)
	defer span.End()
	row := store.MessageRow{
		ID: c.ID, Profile: p.id, Journey: c.Journey, Version: c.Version, Instance: c.Instance, Step: c.Step,
		Channel: c.Channel, Category: c.Category, Template: c.Template, DecidedAt: c.DecidedAt, Trace: traceID(trace.SpanContextFromContext(spanCtx)),
	}
	if m.Reason != "" {
		row.Outcome, row.Reason, row.OutcomeAt = "suppressed", m.Reason, c.DecidedAt
	} else {
		body, err := c.Encode()
		if err != nil {
			return err
		}
		header := carrier(spanCtx)
		if c.Category == message.Transactional && !c.EventAt.IsZero() { // Nobody waits for what a timer sends.
			if header == nil {
				header = map[string]string{}
			}
			header[bus.HeaderUrgent] = "1"
		}
		b.out.Outbox = append(b.out.Outbox, store.Outgoing{
			Subject: bus.SendSubject(string(c.Channel), event.Key(p.id)), ID: c.ID, Header: header, Data: body,
		})
	}
	b.out.Messages = append(b.out.Messages, row)
	return nil
}

func attributes(m *journey.Message) []attribute.KeyValue {
	verdict := string(m.Reason)
	if verdict == "" {
		verdict = "go"
	}
	return []attribute.KeyValue{
		attribute.String("rapport.journey", m.Command.Journey), attribute.String("rapport.version", m.Command.Version),
		attribute.String("rapport.step", m.Command.Step), attribute.String("rapport.message_id", m.Command.ID),
		attribute.String("rapport.channel", string(m.Command.Channel)), attribute.String("rapport.verdict", verdict),
	}
}

// applySpan continues the producer's trace.
func (o *Orchestrator) applySpan(in *input) (context.Context, trace.Span) {
	return o.tracer.Start(in.trace, "apply "+in.event.Type, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("rapport.event_type", in.event.Type), attribute.Int64("rapport.seq", int64(in.seq)))) //nolint:gosec // Sequences stay far below 2^63.
}

// decisionSpan is a child of the event's span, or the root of a new trace that is linked to
// the event that entered the instance, long ago.
func (o *Orchestrator) decisionSpan(
	name string, trigger *journey.Trigger, from cause, about ...attribute.KeyValue,
) (context.Context, trace.Span) {
	opts := []trace.SpanStartOption{trace.WithAttributes(about...)}
	parent := trace.ContextWithSpanContext(context.Background(), from.span)
	if !from.direct && trigger != nil && trigger.Trace != "" {
		entered := trace.SpanContextFromContext(o.extract(trigger.Trace))
		opts = append(opts, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: entered}))
	}
	return o.tracer.Start(parent, name, opts...)
}
