package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/store"
)

// Relay publishes what commits left in the outbox, many commits together (see
// bus.PublishBatch). It repeats until the broker has everything; the derived ids make
// repeating harmless.
type Relay struct {
	store store.Applying
	js    jetstream.JetStream
	log   *slog.Logger
	wake  chan struct{}

	halves  map[int]half   // of partitions of which one stream took its part and the other did not
	sent    map[int]uint64 // how far, in outbox rows, each partition is published
	express express
	sweeper sweeper
	flood   flood

	mu      sync.Mutex
	dirty   map[int]bool
	busy    bool
	idle    []chan struct{} // told when nothing is left to publish
	waiting map[int]int     // commands committed here and not yet published
	refused bool            // the last attempt to publish failed
}

func newRelay(from store.Applying, to jetstream.JetStream, log *slog.Logger) *Relay {
	return &Relay{
		store: from, js: to, log: log, wake: make(chan struct{}, 1),
		halves: map[int]half{}, sent: map[int]uint64{}, dirty: map[int]bool{}, waiting: map[int]int{}, sweeper: newSweeper(),
	}
}

// half is how far, in outbox rows, each stream has a partition's messages. It spares the
// one that takes them what it has, again and again until the other does: beyond the
// stream's memory of ids they would be stored twice.
type half struct{ facts, commands uint64 }

const (
	relayRows    = 64      // outbox rows read at once
	relayBytes   = 2 << 20 // bytes published at once
	relayBackoff = 200 * time.Millisecond
	relayLongest = 5 * time.Second // of the waits, which double
)

// begin says that a partition was acquired. What another process left in the outbox is
// published here from now on, and what waited here when it was lost was published there.
func (r *Relay) begin(partition int) {
	r.mu.Lock()
	delete(r.waiting, partition)
	r.mu.Unlock()
	r.poke(partition)
}

// add says that a partition has something in its outbox, with so many commands.
func (r *Relay) add(partition, commands int) {
	r.mu.Lock()
	r.waiting[partition] += commands
	r.mu.Unlock()
	r.poke(partition)
}

// waitingFor is how many commands of a partition are not published, as far as they were
// committed by this process, and whether the broker refused the last that were tried.
func (r *Relay) waitingFor(partition int) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting[partition], r.refused
}

// commands counts the messages that are not events.
func commands(out []store.Outgoing) int {
	n := 0
	for i := range out {
		if !bus.IsEvent(out[i].Subject) {
			n++
		}
	}
	return n
}

// poke says that a partition has something in its outbox.
func (r *Relay) poke(partition int) {
	r.mu.Lock()
	r.dirty[partition] = true
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run publishes until ctx ends, and then what is left, for a moment: if the broker is gone
// it waits in the outbox for the next start.
func (r *Relay) Run(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var publishing sync.WaitGroup
	publishing.Go(func() { r.run(working) })
	publishing.Go(func() { r.sweep(working) })
	publishing.Go(func() { r.flood.watch(working, r.js) })
	<-ctx.Done()
	draining, cancel := context.WithTimeout(working, drainTimeout)
	defer cancel()
	if r.drain(draining) != nil {
		r.log.Warn("outbox not empty at the stop; it goes out at the next start")
	}
	stop()
	publishing.Wait()
	return nil
}

const drainTimeout = 3 * time.Second

func (r *Relay) run(ctx context.Context) {
	rest := relayBackoff
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		}
		for partitions := r.take(); len(partitions) > 0; partitions = r.take() {
			err := r.publish(ctx, partitions)
			r.mu.Lock()
			r.refused = err != nil
			r.mu.Unlock()
			if err == nil {
				rest = relayBackoff
				continue
			}
			if ctx.Err() != nil {
				return
			}
			r.log.Warn("outbox not published, trying again", "after", rest, "full", bus.IsFull(err), "error", err)
			for _, p := range partitions {
				r.poke(p)
			}
			if !pause(ctx, rest) {
				return
			}
			rest = min(2*rest, relayLongest)
		}
	}
}

// take returns the partitions to look at; none means that the relay rests.
func (r *Relay) take() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]int, 0, len(r.dirty))
	for p := range r.dirty {
		list = append(list, p)
	}
	clear(r.dirty)
	r.busy = len(list) > 0
	if !r.busy {
		for _, c := range r.idle {
			close(c)
		}
		r.idle = nil
	}
	slices.Sort(list)
	return list
}

// publish empties the outboxes of the partitions.
func (r *Relay) publish(ctx context.Context, partitions []int) error {
	l := load{r: r, done: map[int]uint64{}, commands: map[int]int{}}
	for _, p := range partitions {
		after := r.sent[p]
		for {
			rows, err := r.store.Outbox(ctx, p, after, relayRows)
			if err != nil {
				return fmt.Errorf("read the outbox of partition %d: %w", p, err)
			}
			for i := range rows {
				l.take(p, &rows[i])
				after = rows[i].Seq
			}
			if l.size >= relayBytes || len(l.orders)+len(l.urgent)+len(l.facts) >= bus.MaxBatch {
				if err := l.flush(ctx); err != nil {
					return err
				}
			}
			if len(rows) < relayRows {
				break
			}
		}
	}
	return l.flush(ctx)
}

// load is what is published together. A batch is of one stream: commands go to the
// one, facts to the other.
type load struct {
	r             *Relay
	orders, facts []*nats.Msg
	urgent        []*nats.Msg      // orders that somebody waits for
	wishes        []store.Outgoing // to have a profile's events forgotten
	size          int
	done          map[int]uint64
	commands      map[int]int // by partition
}

func (l *load) take(partition int, row *store.OutboxBatch) {
	has := l.r.halves[partition]
	for _, m := range row.Messages {
		switch {
		case bus.IsForget(m.Subject):
			if row.Seq > has.facts {
				l.wishes = append(l.wishes, m)
			}
		case bus.IsEvent(m.Subject):
			if row.Seq > has.facts {
				l.facts = append(l.facts, outgoing(m))
				l.size += len(m.Data)
			}
		case row.Seq > has.commands && m.Header[bus.HeaderUrgent] != "":
			l.urgent = append(l.urgent, outgoing(m))
			l.size += len(m.Data)
		case row.Seq > has.commands:
			l.orders = append(l.orders, outgoing(m))
			l.size += len(m.Data)
		}
	}
	l.commands[partition] += commands(row.Messages)
	l.done[partition] = row.Seq
}

// flush publishes to both streams at once: one that is full does not hold up what is for the
// other one.
func (l *load) flush(ctx context.Context) error {
	var noFacts, noOrders error
	var facts sync.WaitGroup
	facts.Go(func() { noFacts = cmp.Or(l.store(ctx, l.facts), l.forget(ctx)) })
	// What somebody waits for is first. When SEND does not take that, it takes nothing else.
	if noOrders = l.hurry(ctx); noOrders == nil {
		noOrders = l.store(ctx, l.orders)
	}
	facts.Wait()
	for p, seq := range l.done {
		l.passed(p, seq, noFacts == nil, noOrders == nil)
	}
	l.r.sweeper.poke()
	l.orders, l.urgent, l.facts, l.wishes, l.size = nil, nil, nil, nil, 0
	clear(l.done)
	clear(l.commands)
	return errors.Join(noFacts, noOrders)
}

// passed notes how far a partition's messages are stored.
func (l *load) passed(p int, seq uint64, facts, orders bool) {
	r := l.r
	if facts && orders {
		delete(r.halves, p)
		r.sent[p] = seq
		r.sweeper.add(p, seq)
		r.mu.Lock()
		r.waiting[p] = max(0, r.waiting[p]-l.commands[p])
		r.mu.Unlock()
		return
	}
	has := r.halves[p]
	if facts {
		has.facts = max(has.facts, seq)
	}
	if orders {
		has.commands = max(has.commands, seq)
	}
	r.halves[p] = has
}

func (l *load) store(ctx context.Context, msgs []*nats.Msg) error {
	for batch := range bus.Split(msgs, relayBytes) {
		if _, err := bus.PublishBatch(ctx, l.r.js, batch); err != nil {
			return fmt.Errorf("publish %d messages: %w", len(batch), err)
		}
	}
	return nil
}

// forget removes from the stream what is there of people who were erased.
func (l *load) forget(ctx context.Context) error {
	for _, w := range l.wishes {
		before, err := strconv.ParseUint(string(w.Data), 10, 64)
		if err == nil {
			err = bus.Forget(ctx, l.r.js, w.Subject, before, keyOf)
		}
		if err != nil {
			return fmt.Errorf("forget a profile: %w", err)
		}
	}
	return nil
}

// keyOf is the profile key that a message of the stream is about, as far as it can be read.
func keyOf(data []byte) string {
	e, err := event.Decode(data)
	if err != nil {
		return ""
	}
	return e.Key()
}

func outgoing(m store.Outgoing) *nats.Msg {
	msg := bus.NewMsg(m.Subject, m.ID, m.Data)
	for k, v := range m.Header {
		msg.Header.Set(k, v)
	}
	return msg
}

// drain waits until nothing is left to publish, and clears what was published, or until ctx
// ends.
func (r *Relay) drain(ctx context.Context) error {
	r.mu.Lock()
	idle := make(chan struct{})
	if r.busy || len(r.dirty) > 0 {
		r.idle = append(r.idle, idle)
	} else {
		close(idle)
	}
	r.mu.Unlock()
	select {
	case <-idle:
		return r.clear(ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
