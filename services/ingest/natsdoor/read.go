package natsdoor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/cloudevent"
	"rapport/pkg/event"
)

// ahead is by how much a producer's clock may be fast.
const ahead = 5 * time.Minute

// read is what a message turned out to be: an event to publish, a product, or neither.
type read struct {
	msg      jetstream.Msg
	delivery bus.Delivery
	event    event.Event
	publish  *nats.Msg // nil: nothing
	err      error     // why it is buried
	fixed    bool      // its time lay in the future
	violates bool
}

func (r *read) isProduct() bool {
	return r.event.Type == event.ProductUpdated || r.event.Type == event.ProductRemoved
}

// read makes an event of a message. The same message makes the same event, whenever it is read.
func (d *Door) read(ctx context.Context, m jetstream.Msg) read {
	r := read{msg: m}
	meta, err := m.Metadata()
	if err != nil {
		r.err = bus.Because(bus.Unreadable, fmt.Errorf("not a message of a stream: %w", err))
		return r
	}
	r.delivery = bus.Delivery{
		Stream: meta.Stream, Consumer: meta.Consumer, Subject: m.Subject(), Seq: meta.Sequence.Stream, Time: meta.Timestamp,
		Attempt: int(meta.NumDelivered), Header: m.Headers(), Data: m.Data(),
	}
	if err := d.understand(&r); err != nil {
		r.err = bus.Because(bus.Unreadable, err)
		var refused *refusal
		if errors.As(err, &refused) {
			r.err = bus.Because(refused.class, refused.err)
		}
		return r
	}
	if r.isProduct() {
		return r
	}
	if r.publish, err = d.pack(ctx, &r); err != nil {
		r.err = bus.Because(bus.TooLarge, err)
	}
	return r
}

// refusal is about an event that could be read.
type refusal struct {
	class bus.Class
	err   error
}

func (r *refusal) Error() string { return r.err.Error() }

func (d *Door) understand(r *read) error {
	name, ok := bus.Sender(r.delivery.Subject)
	if !ok {
		return fmt.Errorf("subject %q names no sender: publish to in.<name>", r.delivery.Subject)
	}
	e, err := cloudevent.FromNATS(r.delivery.Header, r.delivery.Data, r.delivery.Time)
	if err != nil {
		return err
	}
	if e.Time.After(r.delivery.Time.Add(ahead)) {
		e.Time, r.fixed = r.delivery.Time.UTC(), true
	}
	if err := cloudevent.SentBy(name, &e); err != nil {
		return &refusal{bus.Refused, err}
	}
	r.event = e
	if r.isProduct() {
		if d.o.Catalogue == nil {
			return &refusal{bus.Refused, errors.New("type: products are not taken here, as there is no catalogue: send them to POST /v1/products")}
		}
		if wrong := d.o.Catalogue.Check(&r.event); wrong != nil {
			return &refusal{bus.Refused, wrong}
		}
		return nil
	}
	if d.o.Plan == nil {
		return nil
	}
	if wrong := d.o.Plan.Check(&r.event); wrong != nil {
		if !d.o.Plan.Keeps(r.event.Type) {
			return &refusal{bus.Refused, wrong}
		}
		r.violates = true
	}
	return nil
}

// pack writes the event as a message for EVENTS, with the trace that the producer sent, else ours.
func (d *Door) pack(ctx context.Context, r *read) (*nats.Msg, error) {
	raw, err := event.Encode(&r.event)
	if err != nil {
		return nil, err
	}
	limit := min(maxMessage, int(d.o.JS.Conn().MaxPayload())-(maxPayload-maxMessage))
	if len(raw) > limit {
		return nil, fmt.Errorf("data: makes an event of %d bytes, at most %d are taken: send less in it", len(raw), limit)
	}
	msg := bus.NewMsg(bus.EventSubject(r.event.Key()), r.event.UID(), raw)
	bus.Inject(bus.Extract(ctx, r.delivery.Header), msg.Header)
	return msg, nil
}

// maxPayload is what the broker takes, unless it says otherwise.
const maxPayload = 1 << 20
