package orchestrator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/services/orchestrator"
)

// BenchmarkApply applies orders that lie in the stream, of persons with one id each: what
// nobody who never merges may pay more for. It runs over a broker and a store as they are, so
// that its figures are those of the machine.
func BenchmarkApply(b *testing.B) {
	r := newRig(b, thankYou())
	r.fill(b, b.N, func(i int) event.Event {
		return r.order(fmt.Sprintf("c%d", i%500), start().Add(time.Duration(i)*time.Minute), fmt.Sprintf("N%d", i), "lamp")
	})
	b.ResetTimer()
	r.drain(b, b.N)
}

// fill stores so many events of one kind.
func (r *rig) fill(b *testing.B, n int, of func(i int) event.Event) {
	b.Helper()
	msgs := make([]*nats.Msg, 0, 500)
	for i := range n {
		e := of(i)
		body, err := event.Encode(&e)
		if err != nil {
			b.Fatal(err)
		}
		if msgs = append(msgs, bus.NewMsg(bus.EventSubject(e.Key()), e.UID(), body)); len(msgs) < cap(msgs) && i+1 < n {
			continue
		}
		if _, err := bus.PublishBatch(context.Background(), r.js, msgs); err != nil {
			b.Fatal(err)
		}
		msgs = msgs[:0]
	}
}

// drain starts an orchestrator and waits until all is applied.
func (r *rig) drain(b *testing.B, n int) {
	b.Helper()
	o, stop := r.run(func(o *orchestrator.Options) { o.Clock = orchestrator.WallClock })
	r.settled(o)
	b.StopTimer()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
	stop()
}

// BenchmarkApplyMerged is the same for customers with a second id: events that come under the one
// that acts for both, and events that come under the other and are passed on.
func BenchmarkApplyMerged(b *testing.B) {
	for name, under := range map[string]string{"root": "c%d", "follower": "anonymous:c%d"} {
		b.Run(name, func(b *testing.B) {
			r := newRig(b, thankYou())
			r.fill(b, 500, func(i int) event.Event {
				return r.identify(fmt.Sprintf("c%d", i), start(), fmt.Sprintf("anonymous:c%d", i))
			})
			o, stop := r.run(func(o *orchestrator.Options) { o.Clock = orchestrator.WallClock })
			r.settled(o)
			stop()
			r.fill(b, b.N, func(i int) event.Event {
				return r.order(fmt.Sprintf(under, i%500), start().Add(time.Duration(i)*time.Minute), fmt.Sprintf("N%d", i), "lamp")
			})
			b.ResetTimer()
			r.drain(b, b.N)
		})
	}
}
