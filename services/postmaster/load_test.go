package postmaster_test

import (
	"fmt"
	"sync"
	"testing"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// TestManyAtOnce: many senders at once, some of whom say the same, and each thing is there once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const senders, mails = 12, 10
	b := bustest.Start(t, bus.Layout{})
	s := start(t, bus.NewBroker(b.JS), func(o *postmaster.Options) { o.Find, o.MaxInFlight = anybody, 4 })
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			c := s.client(t)
			defer func() { _ = c.Close() }()
			for j := range mails {
				// Each failure is told by all, and each letter by one.
				ref := message.Ref{ID: message.ID("load", "", j), Partition: 1}
				if err := deliver(c, report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, ref)); err != nil {
					t.Error(err)
				}
				if err := deliver(c, letter(fmt.Sprintf("load-%d-%d", i, j), "Re: x", "Hello", answering), address(t, verp.Reply, ref)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	byType := map[string]int{}
	for _, e := range bustest.Stored(t, b.JS) {
		byType[e.Type]++
	}
	if byType[event.EmailBounced] != mails || byType[event.EmailReplied] != senders*mails {
		t.Errorf("the stream has %v", byType)
	}
	s.wantCount(t, "postmaster.mails", "taken", 2*senders*mails)
}

// BenchmarkBounce is one failure from connection to answer, with a broker that stores it.
func BenchmarkBounce(b *testing.B) {
	broker := bustest.Start(b, bus.Layout{})
	s := start(b, bus.NewBroker(broker.JS), func(o *postmaster.Options) { o.Find = anybody })
	c := s.client(b)
	defer func() { _ = c.Close() }()
	mail, i := report("failed", "5.1.1", zoe, ""), 0
	for b.Loop() {
		i++
		if err := deliver(c, mail, address(b, verp.Bounce, message.Ref{ID: message.ID("bench", "", i), Partition: 1})); err != nil {
			b.Fatal(err)
		}
	}
}
