package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/client"
)

// A batch is stored whole and in order, also by a stream that knows no atomic batches.
func TestBatchesOverNATS(t *testing.T) {
	t.Parallel()
	for name, atomic := range map[string]bool{"atomic": true, "singly": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nc := brokerOf(t)
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "IN", Subjects: []string{"in.>"}, AllowAtomicPublish: atomic})
			if err != nil {
				t.Fatal(err)
			}
			c, err := client.New(client.Options{NATS: nc, Source: "shop", Interval: time.Hour, Batch: 2500})
			if err != nil {
				t.Fatal(err)
			}
			const events = 2100 // more than go into one atomic batch
			for range events {
				if err := c.TrackNamed(t.Context(), "ada", "cart.viewed", nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			info, err := stream.Info(t.Context())
			if err != nil || info.State.Msgs != events {
				t.Fatalf("%d messages, want %d (%v)", info.State.Msgs, events, err)
			}
			msg, err := stream.GetMsg(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if whole := msg.Header.Get("Nats-Batch-Id") != ""; whole != atomic {
				t.Errorf("the first message has the headers %v", msg.Header)
			}
		})
	}
}

func brokerOf(t *testing.T) *nats.Conn {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	nc, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
