package bustest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/event"
)

// stopWithin bounds the wait for the server's end.
const stopWithin = time.Minute

// Broker is a NATS server in this process, with the streams as in production.
type Broker struct {
	Server *embedded.Server
	JS     jetstream.JetStream // of a connection that ends with the test
}

// Start runs a broker until the test ends. Streams are small unless the layout says otherwise, so that several brokers have
// room on one machine.
func Start(t testing.TB, layout bus.Layout) *Broker {
	t.Helper()
	if layout.MaxBytes == 0 {
		layout.MaxBytes = 256 << 20
	}
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	b := &Broker{Server: srv}
	t.Cleanup(func() { b.Shutdown(t) })
	nc, err := srv.Connect(bus.ConnOptions(t.Name(), nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if b.JS, err = bus.JetStream(nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), b.JS, layout); err != nil {
		t.Fatal(err)
	}
	return b
}

// Shutdown ends the server before the test does.
func (b *Broker) Shutdown(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := b.Server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// Stored is what the stream of events holds, in its order.
func Stored(t testing.TB, js jetstream.JetStream) []event.Event {
	t.Helper()
	stream, err := js.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) { // It was removed.
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, decode(t, m.Subject, m.Header, m.Data))
	}
	return events
}

// decode reads a published message and checks what must agree with the event in it.
func decode(t testing.TB, subject string, header nats.Header, data []byte) event.Event {
	t.Helper()
	e, err := event.Decode(data)
	if err != nil {
		t.Fatalf("what was published is no valid event: %v\n%s", err, data)
	}
	if id := header.Get(jetstream.MsgIDHeader); id != e.UID() {
		t.Errorf("the message id is %q, want the event's %q", id, e.UID())
	}
	if subject != bus.EventSubject(e.Key()) && !(bus.Placing{Partitions: 16}).Holds(subject, e.Key()) {
		t.Errorf("the subject %s is no place for the key %s", subject, e.Key())
	}
	return e
}
