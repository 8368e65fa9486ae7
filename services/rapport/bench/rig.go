package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/event"
)

// broker is an embedded broker as `rapport up` runs it: every write is synced before it is
// acknowledged.
type broker struct {
	srv  *embedded.Server
	conn *nats.Conn
	js   jetstream.JetStream
}

// startBroker runs a broker on the streams in a data directory.
func (b *bench) startBroker(ctx context.Context, data string) (_ *broker, err error) {
	k := &broker{}
	if k.srv, err = embedded.Start(embedded.Options{StoreDir: filepath.Join(data, "nats"), Logger: b.o.Logger}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.stop(ctx))
		}
	}()
	if k.conn, err = k.srv.Connect(bus.ConnOptions("bench", b.o.Logger)...); err != nil {
		return nil, err
	}
	if k.js, err = bus.JetStream(k.conn); err != nil {
		return nil, err
	}
	layout := bus.Layout{Partitions: partitions, MaxBytes: min(4<<30, k.srv.MaxStore()*9/10)}
	if err := bus.Provision(ctx, k.js, layout); err != nil {
		return nil, fmt.Errorf("provision the streams: %w", err)
	}
	return k, nil
}

func (k *broker) stop(ctx context.Context) error {
	if k.conn != nil {
		k.conn.Close()
	}
	ctx, cancel := closing(ctx)
	defer cancel()
	return k.srv.Shutdown(ctx)
}

// publish stores orders of the first n profiles in EVENTS, count of them.
func (b *bench) publish(ctx context.Context, k *broker, n, count int) error {
	msgs := make([]*nats.Msg, 0, count)
	for range count {
		o := b.next(n, now())
		e, err := o.event()
		if err != nil {
			return err
		}
		body, err := event.Encode(&e)
		if err != nil {
			return err
		}
		msgs = append(msgs, bus.NewMsg(bus.EventSubject(e.Key()), e.UID(), body))
	}
	for batch := range bus.Split(msgs, 0) {
		if _, err := bus.PublishBatch(ctx, k.js, batch); err != nil {
			return fmt.Errorf("publish %d events: %w", len(batch), err)
		}
	}
	return nil
}
