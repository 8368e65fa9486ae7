package bus_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// bodies are what a stream holds, in order.
func bodies(t *testing.T, js jetstream.JetStream, stream string) []string {
	t.Helper()
	s, err := js.Stream(deadline(t), stream)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(deadline(t), seq)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(m.Data))
	}
	return out
}

// Everybody who was told that a message is stored finds it there, once; what one caller
// published stays in its order.
func TestGathererStoresForEverybody(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	g := bus.NewGatherer(js, 0)
	const callers, each = 40, 25
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range each {
				body := fmt.Sprintf("%02d-%02d", c, i)
				if err := g.Publish(bus.EventSubject("ada"), message.NewMessage(body, []byte(body))); err != nil {
					t.Errorf("publish %s: %v", body, err)
				}
			}
		})
	}
	all.Wait()
	got := bodies(t, js, bus.StreamEvents)
	last := map[string]string{}
	for _, b := range got {
		if b <= last[b[:2]] {
			t.Errorf("%s lies behind %s", b, last[b[:2]])
		}
		last[b[:2]] = b
	}
	if len(got) != callers*each {
		t.Errorf("%d messages stored, want %d", len(got), callers*each)
	}
}

// A repeat among new messages is stored once and keeps nobody else from being stored.
func TestGathererTakesRepeats(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	g := bus.NewGatherer(js, 50*time.Millisecond)
	var all sync.WaitGroup
	for _, body := range []string{"a", "b", "a", "c", "b"} {
		all.Go(func() {
			if err := g.Publish(bus.EventSubject("ada"), message.NewMessage(body, []byte(body))); err != nil {
				t.Errorf("publish %s: %v", body, err)
			}
		})
	}
	all.Wait()
	got := bodies(t, js, bus.StreamEvents)
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("stored %v", got)
	}
}

// A message that no stream takes is an error for its caller, not a wait.
func TestGathererTellsFailures(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	g := bus.NewGatherer(js, 0)
	done := make(chan error, 1)
	go func() { done <- g.Publish("nobody.listens", message.NewMessage("x", nil)) }()
	if err := receive(t, done); err == nil {
		t.Error("no error for a subject without a stream")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Publish(bus.EventSubject("ada"), message.NewMessage("y", nil)); err == nil || errors.Is(err, jetstream.ErrNoStreamResponse) {
		t.Errorf("publishing after Close: %v", err)
	}
}
