package bus_test

import (
	"fmt"
	"strings"
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
	for name, c := range map[string]struct{ from, to bus.Placing }{
		"slots":                     {bus.Placing{Partitions: partitions}, bus.Placing{Partitions: partitions}},
		"of an earlier version":     {named(), named()},
		"of an earlier, with slots": {named(), bus.Placing{Partitions: partitions}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := forgetting{T: t, js: connect(t, startServer(t, t.TempDir(), 0)), l: layout()}
			f.l.Duplicates = 100 * time.Millisecond
			if c.from.Named {
				earlier(t, f.js, f.l)
			}
			f.provision(c.from)
			f.publish(bus.EventSubject("bob"), "bob", 2)
			f.publish(bus.EventSubject("ada"), "ada", 40)
			receipt := f.publish(c.from.Receipt("ada"), "ada", 1)
			f.l.Slots = !c.to.Named
			f.provision(c.to)
			before := f.publish(bus.EventSubject("ada"), "ada", 1)
			after := f.publish(bus.EventSubject("ada"), "ada", 1)
			f.publish(c.to.Receipt("bob"), "bob", 1)
			f.check(receipt, before, after)
		})
	}
}

type forgetting struct {
	*testing.T
	js jetstream.JetStream
	l  bus.Layout
}

func (f *forgetting) provision(want bus.Placing) {
	f.Helper()
	if err := bus.Provision(deadline(f.T), f.js, f.l); err != nil {
		f.Fatal(err)
	}
	if got, err := bus.PlacingOf(deadline(f.T), f.js); err != nil || got != want {
		f.Fatalf("placed as %+v, %v, want %+v", got, err, want)
	}
}

func (f *forgetting) publish(subject, key string, n int) (last uint64) {
	f.Helper()
	for range n {
		ack, err := f.js.PublishMsg(deadline(f.T), &nats.Msg{Subject: subject, Data: []byte(key)})
		if err != nil {
			f.Fatal(err)
		}
		last = ack.Sequence
	}
	return last
}

func (f *forgetting) check(receipt, before, after uint64) {
	f.Helper()
	published := time.Now()
	if !bus.IsForget(bus.ForgetSubject("ada")) || bus.IsForget(bus.EventSubject("ada")) || bus.IsEvent(bus.ForgetSubject("ada")) {
		f.Error("a wish is taken for an event, or the other way round")
	}
	for range 2 {
		if err := bus.Forget(deadline(f.T), f.js, bus.ForgetSubject("ada"), before, whose); err != nil {
			f.Fatal(err)
		}
	}
	s, err := f.js.Stream(deadline(f.T), bus.StreamEvents)
	if err != nil {
		f.Fatal(err)
	}
	if got := s.CachedInfo().State.Msgs; got != 5 {
		f.Errorf("%d messages are left, want bob's three and two of ada's", got)
	}
	for _, seq := range []uint64{1, 2, before, after, after + 1} {
		if _, err := s.GetMsg(deadline(f.T), seq); err != nil {
			f.Errorf("message %d: %v", seq, err)
		}
	}
	if _, err := s.GetMsg(deadline(f.T), receipt); err == nil {
		f.Error("ada's receipt is there")
	}
	// All is young: a hole in the middle says nothing about what comes after it.
	first, err := bus.Trim(deadline(f.T), f.js, bus.StreamEvents, after)
	switch {
	case err == nil && first != 1 && time.Since(published) >= 2*f.l.Duplicates:
		f.Skip("this machine is so busy that nothing is young any more")
	case err != nil || first != 1:
		f.Fatalf("first is %d, %v: young messages behind a hole were taken for old", first, err)
	}
	<-time.After(time.Until(published.Add(2*f.l.Duplicates + 10*time.Millisecond)))
	if first, err := bus.Trim(deadline(f.T), f.js, bus.StreamEvents, receipt); err != nil || first != receipt+1 {
		f.Errorf("first is %d, %v, want what is behind %d: no more may go", first, err, receipt)
	}
	if _, err := s.GetMsg(deadline(f.T), before, jetstream.WithGetMsgSubject(">")); err != nil {
		f.Errorf("what was to stay is gone: %v", err)
	}
}

// Somebody shares the slot, and somebody's key is the number of it: in a stream that had subjects
// for profiles, and was given slots, both lie under the same subject.
func TestForgetAmongNeighbours(t *testing.T) {
	t.Parallel()
	f := forgetting{T: t, js: connect(t, startServer(t, t.TempDir(), 0)), l: layout()}
	ada, number, neighbour := neighbours(t)
	earlier(t, f.js, f.l)
	f.provision(named())
	f.publish(bus.EventSubject(number), number, 3)
	f.l.Slots = true
	f.provision(bus.Placing{Partitions: partitions})
	f.publish(bus.EventSubject(ada), ada, 3)
	f.publish(bus.EventSubject(neighbour), neighbour, 3)
	last := f.publish(bus.EventSubject(number), number, 1)
	for i, key := range []string{number, ada, neighbour} {
		if err := bus.Forget(deadline(t), f.js, bus.ForgetSubject(key), last, whose); err != nil {
			t.Fatal(err)
		}
		s, err := f.js.Stream(deadline(t), bus.StreamEvents)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.CachedInfo().State.Msgs, uint64(7-3*i); got != want {
			t.Fatalf("%d messages are left without %s, want %d", got, key, want)
		}
	}
}

// neighbours are a profile whose key is the number of the slot of two others.
func neighbours(t *testing.T) (ada, number, neighbour string) {
	t.Helper()
	p := bus.Placing{Partitions: partitions}
	slots := map[string]string{}
	for i := range 100_000 {
		key := fmt.Sprint("ada", i)
		subject := p.Receipt(key)
		slot := subject[strings.LastIndexByte(subject, '.')+1:]
		if first := slots[slot]; first == "" {
			slots[slot] = key
		} else if bus.Partition(slot, partitions) == bus.Partition(key, partitions) {
			return first, slot, key
		}
	}
	t.Fatal("nobody shares a slot")
	return "", "", ""
}

// whose is the profile key of the messages above.
func whose(data []byte) string { return string(data) }

func named() bus.Placing { return bus.Placing{Partitions: partitions, Named: true} }

// earlier makes EVENTS as earlier versions did, with a subject for each profile.
func earlier(t *testing.T, js jetstream.JetStream, l bus.Layout) {
	t.Helper()
	l.Partitions = partitions
	cfg := bus.Streams(l)[0]
	cfg.SubjectTransform.Destination = fmt.Sprintf("evp.{{partition(%d,1)}}.{{wildcard(1)}}", partitions)
	if _, err := js.CreateStream(deadline(t), cfg); err != nil {
		t.Fatal(err)
	}
}
