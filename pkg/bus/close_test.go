package bus_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
)

// Twenty times: messages flow, the subscriber is closed in the middle, and the
// next one goes on. No panic, nothing lost, nothing handled twice.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	const rounds, perRound = 20, 150
	var mu sync.Mutex
	seen := map[string]int{}
	for round := range rounds {
		publishRange(t, js, fmt.Sprintf("k%d", round%5), round*perRound, (round+1)*perRound)
		sub, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 4})
		running, handled := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(handled)
			n := 0
			for m := range msgs {
				mu.Lock()
				seen[m.UUID]++
				mu.Unlock()
				m.Ack()
				if n++; n == 20 {
					close(running)
				}
			}
		}()
		closedInTime(t, running, "messages")
		if err := sub.Close(); err != nil {
			t.Fatal(err)
		}
		closedInTime(t, handled, "channel closed")
	}
	sub, msgs := subscribe(t, js, bus.SubscriberOptions{})
	for len(seen) < rounds*perRound {
		m := receive(t, msgs)
		seen[m.UUID]++
		m.Ack()
	}
	settled(t, js, "mailer")
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("message %s was handled %d times", id, n)
		}
	}
}

func TestDurableAndConnectionSurviveClose(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publishRange(t, js, "ada", 0, 2)
	sub, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	receive(t, msgs).Ack()
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	if err := bus.NewPublisher(js).Close(); err != nil {
		t.Fatal(err)
	}
	if status := js.Conn().Status(); status != nats.CONNECTED {
		t.Fatalf("the shared connection is %s", status)
	}
	_, msgs = subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	if m := receive(t, msgs); body(m) != "1" {
		t.Fatalf("after closing, message %s comes; want 1: the first was acknowledged", body(m))
	} else {
		m.Ack()
	}
	if _, err := sub.Subscribe(t.Context(), "send.email.*"); err == nil {
		t.Fatal("a closed subscriber subscribed")
	}
}

// The end of the context closes the subscription, but a handler that is
// running keeps a live context and its acknowledgement counts.
func TestRunningHandlerMayFinish(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	publish(t, js, bus.SendSubject("email", "ada"), "1", "x")
	sub := newSubscriber(t, js, bus.SubscriberOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	msgs, err := sub.Subscribe(ctx, "send.email.*")
	if err != nil {
		t.Fatal(err)
	}
	m := receive(t, msgs)
	cancel()
	if err := m.Context().Err(); err != nil {
		t.Fatalf("the handler's context ended with the subscription: %v", err)
	}
	m.Ack()
	closedInTime(t, msgs, "channel closed")
	closedInTime(t, m.Context().Done(), "message context ended")
	if info := settled(t, js, "mailer"); info.Delivered.Consumer != 1 {
		t.Fatalf("delivered %d times", info.Delivered.Consumer)
	}
}
