package bus_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
)

// Only what is handled and old enough goes; young ids must stay known.
func TestTrimKeepsWhatIsYoungOrUnhandled(t *testing.T) {
	t.Parallel()
	js := connect(t, startServer(t, t.TempDir(), 0))
	l := layout()
	l.Duplicates = 100 * time.Millisecond
	if err := bus.Provision(deadline(t), js, l); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	publishRange(t, js, "ada", 0, 20)
	published := time.Now()
	if first, err := bus.Trim(deadline(t), js, bus.StreamSend, 20); err != nil || (first != 1 && time.Since(began) < 2*l.Duplicates) {
		t.Fatalf("young messages: first is now %d, %v", first, err)
	}
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	if through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend); err != nil || through != 0 {
		t.Fatalf("while nobody consumes SMS, acknowledged through %d, %v", through, err)
	}
	texter := newSubscriber(t, js, bus.SubscriberOptions{Durable: "texter"})
	if _, err := texter.Subscribe(t.Context(), "send.sms.*"); err != nil {
		t.Fatal(err)
	}
	for range 15 {
		receive(t, msgs).Ack()
	}
	last := receive(t, msgs) // the sixteenth stays unanswered
	<-time.After(time.Until(published.Add(2*l.Duplicates + 10*time.Millisecond)))
	through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend)
	if err != nil || through != 15 {
		t.Fatalf("acknowledged through %d, %v; want 15", through, err)
	}
	if first, err := bus.Trim(deadline(t), js, bus.StreamSend, through); err != nil || first != 16 {
		t.Fatalf("first is now %d, %v; want 16", first, err)
	}
	last.Ack()
	for range 4 {
		receive(t, msgs).Ack()
	}
	settled(t, js, "mailer")
	if through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend); err != nil || through != 20 {
		t.Fatalf("acknowledged through %d, %v; want 20", through, err)
	}
	publishRange(t, js, "bob", 0, 5)
	if first, err := bus.Trim(deadline(t), js, bus.StreamSend, 20); err != nil || first != 21 {
		t.Fatalf("first is now %d, %v; want 21", first, err)
	}
}

// Messages of a service that has not started yet are nobody's to throw away; a channel
// that nobody uses holds nothing up.
func TestWhatNobodyConsumesYetIsKept(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	_, msgs := subscribe(t, js, bus.SubscriberOptions{Lanes: 1})
	publishRange(t, js, "ada", 0, 3)
	for range 3 {
		receive(t, msgs).Ack()
	}
	settled(t, js, "mailer")
	if through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend); err != nil || through != 3 {
		t.Fatalf("acknowledged through %d, %v; want 3", through, err)
	}
	publish(t, js, bus.SendSubject("webhook", "ada"), "hook-1", "x")
	if through, err := bus.Acknowledged(deadline(t), js, bus.StreamSend); err != nil || through != 0 {
		t.Fatalf("while a webhook waits for its worker: acknowledged through %d, %v; want 0", through, err)
	}
}

// A full stream takes messages again after it was trimmed.
func TestTrimMakesRoom(t *testing.T) {
	t.Parallel()
	js := connect(t, startServer(t, t.TempDir(), 0))
	l := layout()
	l.Duplicates = 100 * time.Millisecond
	if err := bus.Provision(deadline(t), js, l); err != nil {
		t.Fatal(err)
	}
	full := func() *nats.Msg { return bus.NewMsg(bus.SendSubject("sms", "ada"), "", make([]byte, 1000<<10)) }
	var stored uint64
	for {
		ack, err := js.PublishMsg(deadline(t), full())
		if bus.IsFull(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		stored = ack.Sequence
	}
	<-time.After(2*l.Duplicates + 10*time.Millisecond)
	if first, err := bus.Trim(deadline(t), js, bus.StreamSend, stored); err != nil || first != stored+1 {
		t.Fatalf("first is now %d, %v", first, err)
	}
	if ack, err := js.PublishMsg(deadline(t), full()); err != nil || ack.Sequence != stored+1 {
		t.Fatalf("%+v, %v", ack, err)
	}
}
