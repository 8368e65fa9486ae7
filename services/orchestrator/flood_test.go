package orchestrator

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
)

// What lies in SEND is a flood until workers have most of it behind them; of a stream that cannot be looked at nobody
// says so.
func TestFlood(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Second, MaxStore: 1 << 30})
	fine(t, err)
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	conn, err := srv.Connect()
	fine(t, err)
	t.Cleanup(conn.Close)
	js, err := bus.JetStream(conn)
	fine(t, err)
	fine(t, bus.Provision(t.Context(), js, bus.Layout{Partitions: 1, MaxBytes: 256 << 20}))
	msgs := make([]*nats.Msg, 0, flooded+1)
	for i := range flooded + 1 {
		msgs = append(msgs, bus.NewMsg(bus.SendSubject("email", "ada"), fmt.Sprint(i), []byte("{}")))
	}
	for batch := range bus.Split(msgs, 0) {
		_, err := bus.PublishBatch(t.Context(), js, batch)
		fine(t, err)
	}
	var f flood
	stop := watching(t, &f, js)
	until(t, "a flood", f.yes)
	stream, err := js.Stream(t.Context(), bus.StreamSend)
	fine(t, err)
	fine(t, stream.DeleteMsg(t.Context(), 1))
	until(t, "no flood", func() bool { return !f.yes() })
	f.is.Store(true)
	fine(t, js.DeleteStream(t.Context(), bus.StreamSend))
	until(t, "nobody who knows", func() bool { return !f.yes() })
	stop()
}

func watching(t *testing.T, f *flood, js jetstream.JetStream) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.watch(ctx, js)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// until asks again and again.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("there is never %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}
