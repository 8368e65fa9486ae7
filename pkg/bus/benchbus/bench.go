package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
)

type bench struct {
	n, size, rounds int
	tcp             bool

	js     jetstream.JetStream
	body   []byte
	serial int
}

func (b *bench) run(ctx context.Context) error {
	b.body = make([]byte, b.size)
	fmt.Printf("%d messages of %d bytes, medians of %d interleaved rounds\n", b.n, b.size, b.rounds)
	hundred := &group{title: "Publishing 100 at a time, synced each minute", variants: []*variant{
		{name: "nats.go, PublishMsgAsync, wait for all", run: b.rawPublish(100)},
		{name: "bus.Publisher", run: b.publish(100), target: 95},
		{name: "bus.PublishBatch (all or nothing)", run: b.batch(100)},
	}}
	thousand := &group{title: "Publishing 1000 at a time, synced each minute", variants: []*variant{
		{name: "nats.go, PublishMsgAsync, wait for all", run: b.rawPublish(1000)},
		{name: "bus.Publisher", run: b.publish(1000), target: 95},
		{name: "bus.PublishBatch (all or nothing)", run: b.batch(1000)},
	}}
	subscribing := &group{title: "Subscribing, explicit acknowledgement", variants: []*variant{
		{name: "nats.go, Consume and Ack", run: b.rawConsume},
		{name: "bus.Subscriber, 1 lane (strict order)", run: b.subscribe(1), target: 70},
		{name: "bus.Subscriber, 16 lanes by key", run: b.subscribe(16), target: 70},
		{name: "bus.Subscriber, 16 lanes, bus.NewRouter", run: b.route(16)},
		{name: "bus.Reader (no acknowledgements)", run: b.read},
	}}
	if err := b.measure(ctx, time.Minute, b.rounds, hundred, thousand, subscribing); err != nil {
		return err
	}
	synced := &group{title: "Publishing, every write synced", variants: []*variant{
		{name: "nats.go, PublishMsgAsync, 1000 at a time", run: b.rawPublish(1000)},
		{name: "bus.PublishBatch, 100 at a time", run: b.batch(100)},
		{name: "bus.PublishBatch, 500 at a time", run: b.batch(500)},
	}}
	groups := []*group{synced}
	for _, per := range []int{2, 4, 8, 16, 24, 32} {
		groups = append(groups, &group{title: fmt.Sprintf("Publishing, every write synced, %d at a time", per), variants: []*variant{
			{name: "an atomic batch", run: b.whole(per)},
			{name: "singly, wait for all", run: b.rawPublish(per)},
			{name: "bus.PublishBatch", run: b.batch(per)},
		}})
	}
	gathering := &group{title: "Gathering, every write synced", variants: []*variant{
		{name: "bus.Gatherer, 1 publisher", run: b.gather(1)},
		{name: "bus.Gatherer, 8 publishers", run: b.gather(8)},
		{name: "bus.Gatherer, 24 publishers", run: b.gather(24)},
		{name: "bus.Gatherer, 64 publishers", run: b.gather(64)},
	}}
	b.n /= 10
	return b.measure(ctx, 0, min(3, b.rounds), append(groups, gathering)...)
}

// measure runs the groups on a fresh server, all variants in turn per round.
func (b *bench) measure(ctx context.Context, sync time.Duration, rounds int, groups ...*group) (err error) {
	dir, err := os.MkdirTemp("", "benchbus")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o := embedded.Options{StoreDir: dir, SyncInterval: sync}
	if b.tcp {
		o.Port = -1
	}
	srv, err := embedded.Start(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.Shutdown(ctx)) }()
	nc, err := b.connect(srv)
	if err != nil {
		return err
	}
	defer nc.Close()
	if b.js, err = bus.JetStream(nc); err != nil {
		return err
	}
	for range rounds {
		for _, g := range groups {
			for _, v := range g.variants {
				if err := b.prepare(ctx, g); err != nil {
					return err
				}
				if err := v.round(ctx, b.n); err != nil {
					return err
				}
			}
		}
	}
	for _, g := range groups {
		g.print()
	}
	return nil
}

func (b *bench) connect(srv *embedded.Server) (*nats.Conn, error) {
	if b.tcp {
		return nats.Connect(srv.ClientURL(), bus.ConnOptions("benchbus", nil)...)
	}
	return srv.Connect(bus.ConnOptions("benchbus", nil)...)
}

// prepare makes the streams anew, and fills the one that is consumed from.
func (b *bench) prepare(ctx context.Context, g *group) error {
	for _, name := range []string{bus.StreamSend, bus.StreamEvents} {
		if err := b.js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
	}
	if err := bus.Provision(ctx, b.js, bus.Layout{MaxBytes: 1 << 30}); err != nil {
		return err
	}
	if g.title[:3] != "Sub" {
		return nil
	}
	return b.batch(500)(ctx)
}

// message is the next message; 64 profiles take turns.
func (b *bench) message() *nats.Msg {
	b.serial++
	return bus.NewMsg(bus.SendSubject("email", fmt.Sprint(b.serial%64)), fmt.Sprint("bench-", b.serial), b.body)
}
