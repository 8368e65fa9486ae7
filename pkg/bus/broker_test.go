package bus_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded/embeddedtest"
)

func TestBrokerStores(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	b := bus.NewBroker(js)
	if err := b.Ready(deadline(t)); err != nil {
		t.Errorf("it is not ready: %v", err)
	}
	subject := bus.EventSubject("ada")
	msgs := []*nats.Msg{bus.NewMsg(subject, "1", []byte("a")), bus.NewMsg(subject, "2", []byte("b"))}
	for range 2 { // the second time they are duplicates
		if err := b.PublishBatch(deadline(t), msgs); err != nil {
			t.Fatal(err)
		}
	}
	if seq, err := bus.LastSeq(deadline(t), js, bus.StreamEvents); err != nil || seq != 2 {
		t.Errorf("%d are stored, %v", seq, err)
	}
}

// It says that the stream is missing, and, once the server has gone, that there is no connection: at once, where the
// function PublishBatch insists for as long as it may.
func TestBrokerIsNotReady(t *testing.T) {
	t.Parallel()
	srv := startServer(t, embeddedtest.Dir(t), 0)
	lost := make(chan struct{}, 1)
	js := connect(t, srv, nats.DisconnectErrHandler(func(*nats.Conn, error) {
		select {
		case lost <- struct{}{}:
		default:
		}
	}))
	b := bus.NewBroker(js)
	if err := b.Ready(deadline(t)); !errors.Is(err, jetstream.ErrStreamNotFound) || !strings.Contains(err.Error(), bus.StreamEvents) {
		t.Errorf("without streams: %v", err)
	}
	shutdown(t, srv)
	receive(t, lost)
	if err := b.Ready(t.Context()); !errors.Is(err, bus.ErrDisconnected) {
		t.Errorf("without a server it is ready: %v", err)
	}
	if err := b.PublishBatch(t.Context(), []*nats.Msg{bus.NewMsg(bus.EventSubject("ada"), "1", nil)}); !errors.Is(err, bus.ErrDisconnected) {
		t.Errorf("without a server it publishes: %v", err)
	}
}
