package stack

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/store"
)

// A stream that is nearly full loses its older half, but nothing that a partition has yet
// to apply; partitions without events hold nobody up.
func TestHousekeepingMakesRoom(t *testing.T) {
	t.Parallel()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t), SyncInterval: time.Second, MaxStore: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	conn, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := bus.JetStream(conn)
	if err != nil {
		t.Fatal(err)
	}
	layout := bus.Layout{Partitions: 4, MaxBytes: 32 << 20, Duplicates: 100 * time.Millisecond}
	if err := bus.Provision(t.Context(), js, layout); err != nil {
		t.Fatal(err)
	}
	// Two profiles, on one partition each; 20 MB of a stream that takes 24.
	body := make([]byte, 200<<10)
	last := map[int]uint64{}
	publish := func(n int) {
		t.Helper()
		for i := range n {
			key := fmt.Sprintf("profile%d", i%2)
			ack, err := js.Publish(t.Context(), bus.EventSubject(key), body)
			if err != nil {
				t.Fatal(err)
			}
			last[bus.Partition(key, 4)] = ack.Sequence
		}
		// Trim keeps what is younger than twice the duplicates window.
		<-time.After(3 * layout.Duplicates) // The broker's clock cannot be set.
	}
	publish(100)
	positions := map[int]store.Position{}
	h := housekeeping{js: js, positions: func(context.Context) (map[int]store.Position, error) { return positions, nil }, log: slog.New(slog.DiscardHandler)}
	first := func() uint64 {
		t.Helper()
		if err := h.events(t.Context()); err != nil {
			t.Fatal(err)
		}
		stream, err := js.Stream(t.Context(), bus.StreamEvents)
		if err != nil {
			t.Fatal(err)
		}
		return stream.CachedInfo().State.FirstSeq
	}
	if got := first(); got != 1 {
		t.Errorf("first sequence %d while nobody has applied anything", got)
	}
	for p := range 4 {
		positions[p] = store.Position{Seq: min(last[p], 30)}
	}
	if got := first(); got != 31 {
		t.Errorf("first sequence %d, a partition still needs 31", got)
	}
	publish(30)
	for p := range 4 {
		positions[p] = store.Position{Seq: last[p]}
	}
	if got := first(); got < 75 || got > 85 {
		t.Errorf("first sequence %d, want about half of 31 to 130 to be gone", got)
	}
}

// Old months go once a day, and only where that was asked for.
func TestRetention(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	keeping := func(st store.Store, keep time.Duration) *Stack {
		return &Stack{Store: st, cfg: Config{Keep: keep, Logger: slog.New(slog.DiscardHandler)}}
	}
	old := &forgetful{}
	if keeping(old, 0).retention(clock) != nil || keeping(struct{ store.Store }{}, time.Hour).retention(clock) != nil {
		t.Error("something is dropped although nobody asked, or nobody can")
	}
	retain := keeping(old, 40*24*time.Hour).retention(clock)
	for _, after := range []time.Duration{0, 23 * time.Hour, 24 * time.Hour} {
		now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(after)
		if err := retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(old.asked) != 2 || !old.asked[0].Equal(time.Date(2026, 1, 21, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("dropped before %v", old.asked)
	}
}

// forgetful is a store that can drop what is old.
type forgetful struct {
	store.Store
	asked []time.Time
}

func (f *forgetful) Retain(_ context.Context, before time.Time) (int, error) {
	f.asked = append(f.asked, before)
	return 1, nil
}
