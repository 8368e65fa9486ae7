package natsdoor

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/event"
)

// handle stores what a batch of messages turns out to be, and acknowledges them. It returns early only
// when ctx ends; what is not acknowledged then comes again.
func (d *Door) handle(ctx context.Context, in *intake, msgs []jetstream.Msg) {
	ctx, span := d.tracer.Start(ctx, "publish events", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "nats"),
		attribute.String("messaging.operation.type", "send"),
		attribute.String("messaging.destination.name", bus.StreamEvents),
		attribute.Int("messaging.batch.message_count", len(msgs))))
	defer span.End()
	all := make([]read, len(msgs))
	for i, m := range msgs {
		all[i] = d.read(ctx, m)
	}
	events, products := sort(all)
	ease := d.keepAlive(all)
	defer ease()
	stored := d.insist(ctx, all, "events", func(ctx context.Context) error { return d.publish(ctx, events, all) }) &&
		(len(products) == 0 || d.insist(ctx, all, "products", func(ctx context.Context) error { return d.o.Catalogue.Put(ctx, products) })) &&
		d.insist(ctx, all, "dead letters", func(ctx context.Context) error { return d.bury(ctx, all) })
	if !stored {
		return
	}
	if err := in.done(ctx, all); err != nil {
		d.o.Logger.Debug("messages over NATS may come again", "messages", len(all), "error", err)
	}
	d.count(context.WithoutCancel(ctx), all)
}

// sort parts what was read. Of two events with one id the first counts, as it would for the stream.
func sort(all []read) (events []*nats.Msg, products []event.Event) {
	seen := map[string]bool{}
	for i := range all {
		r := &all[i]
		switch {
		case r.err != nil:
		case r.isProduct():
			products = append(products, r.event)
		case !seen[r.event.UID()]:
			seen[r.event.UID()] = true
			events = append(events, r.publish)
		}
	}
	return events, products
}

// publish stores events, in their order. Those that are too large after all are buried by the next step.
func (d *Door) publish(ctx context.Context, events []*nats.Msg, all []read) error {
	for batch := range bus.Split(events, maxBatchBytes) {
		_, err := bus.PublishBatch(ctx, d.o.JS, batch)
		if err != nil && bus.IsTooLarge(err) {
			err = d.singly(ctx, batch, all)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) singly(ctx context.Context, batch []*nats.Msg, all []read) error {
	for _, msg := range batch {
		_, err := bus.PublishBatch(ctx, d.o.JS, []*nats.Msg{msg})
		if err != nil && !bus.IsTooLarge(err) {
			return err
		}
		for i := range all {
			if err != nil && all[i].publish == msg {
				all[i].err = bus.Because(bus.TooLarge, err)
			}
		}
	}
	return nil
}

// bury stores dead letters; those of a former attempt are known by their ids.
func (d *Door) bury(ctx context.Context, all []read) error {
	for i := range all {
		if r := &all[i]; r.err != nil {
			if err := bus.DeadLetter(ctx, d.o.JS, service, r.delivery, r.err); err != nil {
				return err
			}
		}
	}
	return nil
}

// service is who gives up, in dead letters: the door belongs to ingest, as its key does.
const service = "ingest"

// insist repeats an attempt until it succeeds; false when ctx ended before.
func (d *Door) insist(ctx context.Context, all []read, what string, attempt func(context.Context) error) bool {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := attempt(ctx)
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil:
			return false
		}
		d.metrics.waited(ctx)
		d.o.Logger.Warn("the door over NATS cannot store and tries again; producers are refused when IN is full",
			"what", what, "messages", len(all), "full", bus.IsFull(err), "error", err)
		if !wait(ctx, pause) {
			return false
		}
	}
}

// keepAlive tells the broker now and then that messages are in hand, until the function that it returns is called.
func (d *Door) keepAlive(all []read) func() {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(d.o.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				for i := range all {
					_ = all[i].msg.InProgress() // It comes again otherwise, and changes nothing.
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

func (d *Door) count(ctx context.Context, all []read) {
	n := map[outcome]int{}
	seen := map[string]bool{}
	for i := range all {
		r := &all[i]
		switch {
		case r.err != nil:
			n[buried]++
			d.o.Logger.Warn("a message over NATS became a dead letter", "subject", r.delivery.Subject, "sequence", r.delivery.Seq, "class", bus.ClassOf(r.err))
			continue
		case r.isProduct():
			n[product]++
			continue
		case seen[r.event.UID()]:
			n[known]++
			continue
		}
		seen[r.event.UID()] = true
		n[stored]++
		if r.fixed {
			n[corrected]++
		}
		if r.violates {
			n[violated]++
		}
	}
	for o, count := range n {
		d.metrics.count(ctx, o, count)
	}
}
