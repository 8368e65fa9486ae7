package orchestrator_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// resize gives a stream another size and policy of what happens when it is full.
func (r *rig) resize(name string, change func(*jetstream.StreamConfig)) {
	r.t.Helper()
	stream := must(r.js.Stream(r.t.Context(), name))(r.t)
	cfg := stream.CachedInfo().Config
	change(&cfg)
	must(r.js.UpdateStream(r.t.Context(), cfg))(r.t)
}

func (r *rig) last(stream string) int {
	return int(must(bus.LastSeq(r.t.Context(), r.js, stream))(r.t)) //nolint:gosec // A few thousand.
}

// orders publishes n orders of a few customers and returns how many there are.
func (r *rig) orders(n int) {
	r.t.Helper()
	for i := range n {
		r.publish(r.order("c"+strconv.Itoa(i%7), start().Add(time.Duration(i)*time.Minute), "N"+strconv.Itoa(i), "lamp"))
	}
}

// While the stream of messages takes nothing, events go on being applied until as many
// messages wait as may; nothing is lost, and nothing goes out twice when there is room again.
func TestMessagesWaitWhileTheirStreamIsFull(t *testing.T) {
	t.Parallel()
	const all, bound, size = 400, 20, 5
	r := newRig(t, thankYou())
	r.resize(bus.StreamSend, func(c *jetstream.StreamConfig) { c.MaxBytes = 4_000 })
	o, _ := r.run(func(o *orchestrator.Options) { o.MaxOutbox, o.BatchSize = bound, size })
	r.orders(all)
	// The streams' partitions are unlike; each of those that have customers fills up.
	r.until(o, func() bool { return r.counts().Pending >= bound })
	held := r.counts()
	if most := partitions * (bound + size) * 2; held.Pending > most {
		t.Errorf("%d messages wait, at most %d may", held.Pending, most)
	}
	if sent := r.last(bus.StreamSend); sent >= all/2 {
		t.Fatalf("%d messages were published: the stream was not full", sent)
	}
	if applied := held.Events[event.OrderCompleted]; applied >= all {
		t.Errorf("all %d events are applied, beyond the bound", applied)
	}
	r.resize(bus.StreamSend, func(c *jetstream.StreamConfig) { c.MaxBytes = 32 << 20 })
	r.settled(o)
	ids := map[string]int{}
	for _, s := range r.sends() {
		ids[s.ID]++
	}
	if len(ids) != all || r.last(bus.StreamSend) != all {
		t.Errorf("%d messages under %d ids, want %d of each", r.last(bus.StreamSend), len(ids), all)
	}
}

// Where EVENTS is full as well, events are applied beyond the bound: behind them is the
// only place where room is made.
func TestTwoFullStreamsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	const all, bound = 100, 5
	r := newRig(t, thankYou())
	r.orders(all)
	bytes := must(r.js.Stream(t.Context(), bus.StreamEvents))(t).CachedInfo().State.Bytes
	r.resize(bus.StreamEvents, func(c *jetstream.StreamConfig) { c.MaxBytes = int64(bytes) }) //nolint:gosec // Kilobytes.
	r.resize(bus.StreamSend, func(c *jetstream.StreamConfig) { c.MaxBytes = 1 })
	o, _ := r.run(func(o *orchestrator.Options) { o.MaxOutbox, o.BatchSize = bound, 5 })
	r.until(o, func() bool { return r.counts().Events[event.OrderCompleted] == all })
	if n := r.counts().Pending; n != all {
		t.Errorf("%d messages wait, want all %d", n, all)
	}
	r.resize(bus.StreamSend, func(c *jetstream.StreamConfig) { c.MaxBytes = 32 << 20 })
	r.until(o, func() bool { return r.last(bus.StreamSend) == all })
}

// Facts that journeys make do not wait for the stream of messages, nor messages for that of
// events.
func TestAFullStreamHoldsUpOnlyItsOwn(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]string{"no messages": bus.StreamSend, "no events": bus.StreamEvents} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := thankYou()
			d.Steps = append(d.Steps, journey.Step{ID: "vip", Tag: &journey.Tag{Add: []string{"vip"}}})
			r := newRig(t, d)
			r.orders(30)
			state := must(r.js.Stream(t.Context(), full))(t).CachedInfo().State
			r.resize(full, func(c *jetstream.StreamConfig) { c.MaxBytes = max(1, int64(state.Bytes)) }) //nolint:gosec // Kilobytes.
			o, _ := r.run(nil)
			other, want := bus.StreamSend, 30
			if full == bus.StreamSend {
				other, want = bus.StreamEvents, 31 // orders, and at least a fact
			}
			r.until(o, func() bool { return r.last(other) >= want })
			r.resize(full, func(c *jetstream.StreamConfig) { c.MaxBytes = 64 << 20 })
			r.settled(o)
			if n := r.last(bus.StreamSend); n != 30 {
				t.Errorf("%d messages, want 30", n)
			}
			if n := r.counts().Pending; n != 0 {
				t.Errorf("%d are left in the outbox", n)
			}
		})
	}
}

// When not even the dead letters take an event that cannot be applied, its partition waits
// for them, and no other does.
func TestDeadLettersThatTakeNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	r.resize(bus.StreamDead, func(c *jetstream.StreamConfig) { c.Discard, c.MaxBytes = jetstream.DiscardNew, 1 })
	o, _ := r.run(func(o *orchestrator.Options) { o.Backoff = 2 * time.Millisecond })
	r.raw(bus.EventSubject(event.Key("ada")), []byte(`{"specversion":"1.0"`))
	r.publish(r.order("ada", start(), "A1", "lamp"))
	elsewhere := ""
	for i := 0; elsewhere == ""; i++ {
		if c := "c" + strconv.Itoa(i); bus.Partition(event.Key(c), partitions) != bus.Partition(event.Key("ada"), partitions) {
			elsewhere = c
		}
	}
	r.publish(r.order(elsewhere, start(), "B1", "lamp"))
	r.until(o, func() bool { return len(r.sends()) == 1 })
	if ids := r.applied("ada"); len(ids) != 0 {
		t.Errorf("applied %v although what is before it has left no trace", ids)
	}
	r.resize(bus.StreamDead, func(c *jetstream.StreamConfig) { c.MaxBytes = 8 << 20 })
	r.settled(o)
	if n, m := r.last(bus.StreamDead), len(r.sends()); n != 1 || m != 2 {
		t.Errorf("%d dead letters and %d messages, want 1 and 2", n, m)
	}
}

// Dead letters that are full make room by themselves, which is counted.
func TestFullDeadLettersDropTheOldest(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	r.resize(bus.StreamDead, func(c *jetstream.StreamConfig) { c.MaxBytes = 3_000 })
	meters := newMeters()
	o, _ := r.run(func(o *orchestrator.Options) { o.MeterProvider = meters })
	for range 20 {
		r.raw(bus.EventSubject(event.Key("ada")), []byte(`{"specversion":"1.0"`))
	}
	r.publish(r.order("ada", start(), "A1", "lamp"))
	r.settled(o)
	if n := r.last(bus.StreamDead); n != 20 || len(r.sends()) != 1 {
		t.Errorf("%d dead letters were stored and %d messages sent, want 20 and 1", n, len(r.sends()))
	}
	if full, gone := meters.last(t, "orchestrator_dead_letters_fill_ratio"), meters.last(t, "orchestrator_dead_letters_dropped"); full < 0.6 || gone < 5 {
		t.Errorf("%.2f full and %.0f dropped, says the meter", full, gone)
	}
}

// stopped is a store that answers nothing until it is let go.
type stopped struct {
	orchestrator.Store
	free  chan struct{}
	stuck atomic.Int64
	most  atomic.Int64 // events in one batch
}

func (s *stopped) Commit(ctx context.Context, b *store.Batch) error {
	s.stuck.Add(1)
	for n := int64(len(b.Timeline)); n > s.most.Load(); {
		s.most.Store(n)
	}
	select {
	case <-s.free:
		return s.Store.Commit(ctx, b)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A store that does not answer costs no memory, however many events wait for it.
func TestAStoreThatDoesNotAnswerCostsNoMemory(t *testing.T) {
	const all, size = 100_000, 128
	r := newRig(t, thankYou())
	s := &stopped{Store: r.store, free: make(chan struct{})}
	r.crowd(all)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	o, stop := r.run(func(o *orchestrator.Options) { o.Store, o.BatchSize = s, size })
	r.until(o, func() bool { return s.stuck.Load() == partitions })
	r.until(o, func() bool { return r.read() >= partitions*size }) // They have read ahead; the first batch may have been a small one.
	runtime.GC()
	runtime.ReadMemStats(&after)
	// Events are 1 KB: 100 MB wait. Each partition holds a batch, one read ahead and one asked for.
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 40<<20 { //nolint:gosec // Far below 2^63.
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
	if n := s.most.Load(); n > size*4 {
		t.Errorf("a batch has %d rows", n)
	}
	if n := r.read(); n > partitions*5*size {
		t.Errorf("%d events were read ahead", n)
	}
	close(s.free)
	stop()
}

// crowd publishes many events of a kilobyte.
func (r *rig) crowd(n int) {
	r.t.Helper()
	var publishing sync.WaitGroup
	defer publishing.Wait()
	text := string(make([]byte, 0))
	for range 90 {
		text += "0123456789"
	}
	msgs := make([]*nats.Msg, 0, n)
	for i := range n {
		e := r.event("page.viewed", "c"+strconv.Itoa(i%500), start(), map[string]any{"x": text})
		msgs = append(msgs, bus.NewMsg(bus.EventSubject(e.Key()), "", must(event.Encode(&e))(r.t)))
	}
	for batch := range bus.Split(msgs, 0) {
		// Without ids, which would be a part of the heap that is measured, nobody repeats what a busy broker does not answer. To
		// have some of them twice does no harm here.
		_, err := bus.PublishBatch(r.t.Context(), r.js, batch)
		for tries := 1; err != nil && tries < 10; tries++ {
			_, err = bus.PublishBatch(r.t.Context(), r.js, batch)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// read is how many events the broker has handed to readers.
func (r *rig) read() int {
	r.t.Helper()
	n := uint64(0)
	stream := must(r.js.Stream(r.t.Context(), bus.StreamEvents))(r.t)
	list := stream.ListConsumers(r.t.Context())
	for c := range list.Info() {
		n += c.Delivered.Consumer
	}
	if err := list.Err(); err != nil {
		r.t.Fatal(fmt.Errorf("list consumers: %w", err))
	}
	return int(n) //nolint:gosec // A hundred thousand.
}
