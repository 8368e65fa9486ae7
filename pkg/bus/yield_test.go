package bus_test

import (
	"context"
	"testing"
	"time"

	"rapport/pkg/bus"
)

// A message that yields waits longer than AckWait, while the others of its one lane are
// handled; it is neither delivered again nor forgotten.
func TestYieldLetsTheOthersPass(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1, AckWait: time.Second})
	publishRange(t, js, "ada", 0, 20)
	first := receive(t, msgs)
	began := time.Now()
	for range 2 { // Saying it again changes nothing.
		if !bus.Yield(first.Context()) {
			t.Fatal("the context is not that of a message")
		}
	}
	for i := 1; i < 20; i++ {
		m := receive(t, msgs)
		if m.UUID == first.UUID {
			t.Fatal("the message that waits was delivered again")
		}
		if i == 10 {
			<-time.After(time.Until(began.Add(1500 * time.Millisecond))) // more than AckWait
		}
		m.Ack()
	}
	first.Ack()
	settled(t, js, "mailer")
	cons, err := js.Consumer(deadline(t), bus.StreamSend, "mailer")
	if err != nil {
		t.Fatal(err)
	}
	if info := cons.CachedInfo(); info.NumRedelivered != 0 || info.Delivered.Consumer != 20 {
		t.Errorf("%d deliveries of 20 messages, %d of them repeats", info.Delivered.Consumer, info.NumRedelivered)
	}
}

// What yielded and is refused is tried again, and is given back when the subscriber closes.
func TestYieldAndRefuse(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	sub, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1, Backoff: []time.Duration{time.Millisecond}})
	publishRange(t, js, "ada", 0, 2)
	first := receive(t, msgs)
	bus.Yield(first.Context())
	second := receive(t, msgs)
	first.Nack()
	again := receive(t, msgs) // while the second holds the lane
	if again.UUID != first.UUID {
		t.Fatalf("got %s, want %s again", again.UUID, first.UUID)
	}
	second.Ack()
	closed := make(chan error, 1)
	go func() { closed <- sub.Close() }()
	again.Nack()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	_, next := subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	if m := receive(t, next); m.UUID != first.UUID {
		t.Fatalf("after a restart: got %s, want %s", m.UUID, first.UUID)
	} else {
		m.Ack()
	}
	if bus.Yield(context.Background()) {
		t.Error("a context without a message yielded")
	}
}
