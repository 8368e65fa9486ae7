package bus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// A profile's events and receipts before a sequence go; later ones and everybody else's
// stay, however often it is asked for; and Trim finds its way among the holes.
func TestForget(t *testing.T) {
	t.Parallel()
	js := connect(t, startServer(t, t.TempDir(), 0))
	l := layout()
	l.Duplicates = 100 * time.Millisecond
	if err := bus.Provision(deadline(t), js, l); err != nil {
		t.Fatal(err)
	}
	publish := func(subject string, n int) (last uint64) {
		for i := range n {
			ack, err := js.PublishMsg(deadline(t), &nats.Msg{Subject: subject, Data: fmt.Append(nil, i)})
			if err != nil {
				t.Fatal(err)
			}
			last = ack.Sequence
		}
		return last
	}
	n, err := bus.Partitions(deadline(t), js)
	if err != nil {
		t.Fatal(err)
	}
	publish(bus.EventSubject("bob"), 2)
	publish(bus.EventSubject("ada"), 40)
	receipt := publish(bus.ReceiptSubject("ada", n), 1)
	before := publish(bus.EventSubject("ada"), 1)
	after := publish(bus.EventSubject("ada"), 1)
	publish(bus.ReceiptSubject("bob", n), 1)
	published := time.Now()
	if !bus.IsForget(bus.ForgetSubject("ada")) || bus.IsForget(bus.EventSubject("ada")) || bus.IsEvent(bus.ForgetSubject("ada")) {
		t.Error("a wish is taken for an event, or the other way round")
	}
	for range 2 {
		if err := bus.Forget(deadline(t), js, bus.ForgetSubject("ada"), before); err != nil {
			t.Fatal(err)
		}
	}
	s, err := js.Stream(deadline(t), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().State.Msgs; got != 5 {
		t.Errorf("%d messages are left, want bob's three and two of ada's", got)
	}
	for _, seq := range []uint64{1, 2, before, after, after + 1} {
		if _, err := s.GetMsg(deadline(t), seq); err != nil {
			t.Errorf("message %d: %v", seq, err)
		}
	}
	if _, err := s.GetMsg(deadline(t), receipt); err == nil {
		t.Error("ada's receipt is there")
	}
	// All is young: a hole in the middle says nothing about what comes after it.
	if first, err := bus.Trim(deadline(t), js, bus.StreamEvents, after); err != nil || (first != 1 && time.Since(published) < 2*l.Duplicates) {
		t.Errorf("first is %d, %v: young messages behind a hole were taken for old", first, err)
	}
	<-time.After(time.Until(published.Add(2*l.Duplicates + 10*time.Millisecond)))
	if first, err := bus.Trim(deadline(t), js, bus.StreamEvents, receipt); err != nil || first != receipt+1 {
		t.Errorf("first is %d, %v, want what is behind %d: no more may go", first, err, receipt)
	}
	if _, err := s.GetMsg(deadline(t), before, jetstream.WithGetMsgSubject(">")); err != nil {
		t.Errorf("what was to stay is gone: %v", err)
	}
}
