package ledger

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
)

// A tail sees every message once, over many calls, and says when some were gone before.
func TestTail(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	conn, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	tail, err := Follow(conn, "S")
	if err != nil {
		t.Fatal(err)
	}
	if err := tail.CatchUp(t.Context()); err == nil {
		t.Error("a stream that is not there was followed")
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, n := range []int{0, 3, page + 10} {
		for range n {
			sent++
			if _, err := js.Publish(t.Context(), "s.x", fmt.Append(nil, sent)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tail.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := tail.Messages()
		if len(got) != sent {
			t.Fatalf("%d messages of %d", len(got), sent)
		}
		for i, m := range got {
			if m.Seq != uint64(i)+1 || string(m.Data) != fmt.Sprint(i+1) || m.At.IsZero() {
				t.Fatalf("message %d is %+v", i, m)
			}
		}
	}
	if tail.Lost() != 0 {
		t.Errorf("%d lost", tail.Lost())
	}
	for range 5 {
		if _, err := js.Publish(t.Context(), "s.x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSequence(uint64(sent)+3)); err != nil { // keeps what begins there
		t.Fatal(err)
	}
	if err := tail.CatchUp(t.Context()); err != nil || tail.Lost() != 2 || len(tail.Messages()) != sent+3 {
		t.Errorf("%d lost, %d messages, %v", tail.Lost(), len(tail.Messages()), err)
	}
}
