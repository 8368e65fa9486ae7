package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the deadline of every wait in these tests. None of them waits
// that long when the code is right.
const patience = 60 * time.Second

const partitions = 4

func layout() bus.Layout { return bus.Layout{Partitions: partitions, MaxBytes: 64 << 20} }

// startServer runs a server on the directory until the test ends. Writes are
// not synced, as nobody cuts the power of a test.
func startServer(t *testing.T, dir string, port int) *embedded.Server {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: dir, Port: port, SyncInterval: time.Minute, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, srv) })
	return srv
}

func shutdown(t *testing.T, srv *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, srv *embedded.Server, opts ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := srv.Connect(append(bus.ConnOptions(t.Name(), nil), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// newBus is a server with the streams on it, and a connection.
func newBus(t *testing.T) jetstream.JetStream {
	t.Helper()
	js := connect(t, startServer(t, embeddedtest.Dir(t), 0))
	if err := bus.Provision(deadline(t), js, layout()); err != nil {
		t.Fatal(err)
	}
	return js
}

// deadline is a context that ends with the test or with our patience.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// receive takes one value or fails the test.
func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatal("channel closed instead of delivering")
		}
		return v
	case <-time.After(patience):
		t.Fatal("nothing received in time")
	}
	panic("unreachable")
}

// closedInTime waits for a channel to be closed.
func closedInTime[T any](t *testing.T, ch <-chan T, what string) {
	t.Helper()
	after := time.After(patience)
	for {
		select {
		case _, ok := <-ch:
			if !ok {
				return
			}
		case <-after:
			t.Fatalf("%s: not in time", what)
		}
	}
}

func publish(t *testing.T, js jetstream.JetStream, subject, id, body string) *jetstream.PubAck {
	t.Helper()
	ack, err := js.PublishMsg(deadline(t), bus.NewMsg(subject, id, []byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return ack
}

// publishRange publishes bodies from..to-1 under one key of the SEND stream.
func publishRange(t *testing.T, js jetstream.JetStream, key string, from, to int) {
	t.Helper()
	var msgs []*nats.Msg
	for i := from; i < to; i++ {
		msgs = append(msgs, bus.NewMsg(bus.SendSubject("email", key), fmt.Sprintf("%s-%d", key, i), fmt.Appendf(nil, "%d", i)))
	}
	for batch := range bus.Split(msgs, 0) {
		if _, err := bus.PublishBatch(deadline(t), js, batch); err != nil {
			t.Fatal(err)
		}
	}
}

func newSubscriber(t *testing.T, js jetstream.JetStream, o bus.SubscriberOptions) *bus.Subscriber {
	t.Helper()
	if o.Stream == "" {
		o.Stream = bus.StreamSend
	}
	if o.Durable == "" {
		o.Durable = "mailer"
	}
	sub, err := bus.NewSubscriber(js, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sub.Close(); err != nil {
			t.Error(err)
		}
	})
	return sub
}

func subscribe(t *testing.T, js jetstream.JetStream, o bus.SubscriberOptions) (*bus.Subscriber, <-chan *message.Message) {
	t.Helper()
	sub := newSubscriber(t, js, o)
	msgs, err := sub.Subscribe(t.Context(), "send.email.*")
	if err != nil {
		t.Fatal(err)
	}
	return sub, msgs
}

// settled returns the durable's state once the server has no message left for it.
func settled(t *testing.T, js jetstream.JetStream, durable string) *jetstream.ConsumerInfo {
	t.Helper()
	ctx := deadline(t)
	for {
		cons, err := js.Consumer(ctx, bus.StreamSend, durable)
		if err != nil {
			t.Fatal(err)
		}
		info := cons.CachedInfo()
		if info.NumPending == 0 && info.NumAckPending == 0 {
			return info
		}
	}
}
