package natsdoor_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/services/ingest/natsdoor"
)

// patience is the deadline of every wait in these tests.
const patience = 60 * time.Second

// asDoor makes the test binary a door on the broker with this address, to be killed.
const asDoor = "RAPPORT_TEST_DOOR"

// asPurger says that it purges.
const asPurger = "RAPPORT_TEST_PURGE"

func TestMain(m *testing.M) {
	if url := os.Getenv(asDoor); url != "" {
		fmt.Fprintln(os.Stderr, runDoor(url))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func runDoor(url string) error {
	nc, err := nats.Connect(url, bus.ConnOptions("door", nil)...)
	if err != nil {
		return err
	}
	js, err := bus.JetStream(nc)
	if err != nil {
		return err
	}
	d, err := natsdoor.New(natsdoor.Options{JS: js, AckWait: time.Second, Batch: 20, Purge: os.Getenv(asPurger) != ""})
	if err != nil {
		return err
	}
	return d.Run(context.Background())
}

// broker is a server with the streams on it.
type broker struct {
	*embedded.Server

	t  testing.TB
	js jetstream.JetStream
}

// synced is the SyncInterval of a broker that syncs every write, as in production.
const synced time.Duration = -1

func start(t testing.TB, o embedded.Options, layout bus.Layout) *broker {
	t.Helper()
	if o.SyncInterval == 0 {
		o.SyncInterval = time.Minute
	}
	o.StoreDir, o.SyncInterval, o.MaxStore = embeddedtest.Dir(t), max(o.SyncInterval, 0), 1<<30
	srv, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	b := &broker{Server: srv, t: t}
	b.js = b.connect()
	if err := bus.Provision(b.deadline(), b.js, layout); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *broker) connect() jetstream.JetStream {
	b.t.Helper()
	nc, err := b.Connect(bus.ConnOptions(b.t.Name(), nil)...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		b.t.Fatal(err)
	}
	return js
}

func (b *broker) deadline() context.Context {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	b.t.Cleanup(cancel)
	return ctx
}

// open runs a door until the test ends, or until the function that it returns is called.
func (b *broker) open(o natsdoor.Options) (end func()) {
	b.t.Helper()
	o.JS = b.connect()
	if o.AckWait == 0 {
		o.AckWait = time.Second
	}
	o.Logger = slog.New(slog.NewTextHandler(b.t.Output(), nil))
	d, err := natsdoor.New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("door: %v", err)
		}
	}
	b.t.Cleanup(end)
	select {
	case <-d.Ready():
	case <-time.After(patience):
		b.t.Fatal("the door is not ready")
	}
	return end
}

// publish hands messages in and returns when they are stored.
func (b *broker) publish(subject string, bodies ...string) {
	b.t.Helper()
	for _, body := range bodies {
		if _, err := b.js.Publish(b.deadline(), subject, []byte(body)); err != nil {
			b.t.Fatal(err)
		}
	}
}

// stored reads the first n messages of a stream.
func (b *broker) stored(stream string, n int) []jetstream.Msg {
	b.t.Helper()
	ctx := b.deadline()
	c, err := b.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		b.t.Fatal(err)
	}
	messages, err := c.Messages()
	if err != nil {
		b.t.Fatal(err)
	}
	defer messages.Stop()
	var all []jetstream.Msg
	for len(all) < n {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			b.t.Fatalf("%d messages in %s, want %d: %v", len(all), stream, n, err)
		}
		all = append(all, m)
	}
	return all
}

func (b *broker) events(n int) []event.Event {
	b.t.Helper()
	var all []event.Event
	for _, m := range b.stored(bus.StreamEvents, n) {
		e, err := event.Decode(m.Data())
		if err != nil {
			b.t.Fatal(err)
		}
		if want := e.UID(); m.Headers().Get(jetstream.MsgIDHeader) != want {
			b.t.Errorf("message id %q, want %q", m.Headers().Get(jetstream.MsgIDHeader), want)
		}
		all = append(all, e)
	}
	return all
}

// empty waits until nothing is left in a stream.
func (b *broker) empty(stream string) {
	b.t.Helper()
	ctx := b.deadline()
	for {
		s, err := b.js.Stream(ctx, stream)
		if err != nil {
			b.t.Fatal(err)
		}
		if s.CachedInfo().State.Msgs == 0 {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			b.t.Fatalf("%s holds %+v", stream, s.CachedInfo().State)
		}
	}
}

func layout() bus.Layout { return bus.Layout{Partitions: 4, MaxBytes: 64 << 20} }

// viewed is an event in structured mode.
func viewed(id, subject string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"shop","type":"cart.viewed","subject":%q,"data":{"total":1.10}}`, id, subject)
}
