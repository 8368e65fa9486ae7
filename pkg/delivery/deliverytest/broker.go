package deliverytest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store/sqlite"
)

// Broker starts a broker with its streams.
func Broker(ctx context.Context, t testing.TB) jetstream.JetStream {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), MaxStore: 1 << 30, SyncInterval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(context.WithoutCancel(ctx)) })
	nc, err := srv.Connect(bus.ConnOptions("test", nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(ctx, js, bus.Layout{Partitions: 2, MaxBytes: 512 << 20}); err != nil {
		t.Fatal(err)
	}
	return js
}

// Store opens a store of the test's own.
func Store(ctx context.Context, t testing.TB) *sqlite.Store {
	t.Helper()
	st, err := sqlite.Open(ctx, sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// Send publishes a command to the workers of its channel. The broker takes one command an id.
func Send(ctx context.Context, t testing.TB, js jetstream.JetStream, id string, c *message.Command) {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(ctx, bus.NewMsg(bus.SendSubject(string(c.Channel), event.Key(c.Profile)), id, raw)); err != nil {
		t.Fatal(err)
	}
}

// Run runs a worker beside the test. Its stop waits for the worker, whose error fails the
// test; a test that fails before it tells the worker to end all the same.
func Run(ctx context.Context, t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	t.Cleanup(end)
	ended := make(chan error, 1)
	go func() { ended <- run(work) }()
	return func() {
		t.Helper()
		end()
		if err := <-ended; err != nil {
			t.Errorf("the worker ended: %v", err)
		}
	}
}
