package orchestrator

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// Relay publishes what commits left in the outbox, many commits in one atomic batch, so
// that one sync to disk serves them all. It repeats until the broker has everything; the
// derived ids make repeating harmless.
type Relay struct {
	store store.Applying
	js    jetstream.JetStream
	log   *slog.Logger
	wake  chan struct{}

	mu    sync.Mutex
	dirty map[int]bool
	busy  bool
	idle  []chan struct{} // told when nothing is left to publish
}

const (
	relayRows    = 64      // outbox rows read at once
	relayBytes   = 4 << 20 // bytes published at once
	relayBackoff = 200 * time.Millisecond
)

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
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		}
		for partitions := r.take(); len(partitions) > 0; partitions = r.take() {
			if err := r.publish(ctx, partitions); err != nil {
				if ctx.Err() != nil {
					return
				}
				r.log.Warn("outbox not published, trying again", "error", err)
				for _, p := range partitions {
					r.poke(p)
				}
				if !pause(ctx, relayBackoff) {
					return
				}
			}
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
	// An atomic batch is of one stream: commands go to the one, facts to the other.
	var commands, facts []*nats.Msg
	done := map[int]uint64{}
	size := 0
	flush := func() error {
		for _, msgs := range [][]*nats.Msg{facts, commands} {
			for batch := range bus.Split(msgs, relayBytes) {
				if _, err := bus.PublishBatch(ctx, r.js, batch); err != nil {
					return fmt.Errorf("publish %d messages: %w", len(batch), err)
				}
			}
		}
		for p, seq := range done {
			if err := r.store.OutboxDone(ctx, p, seq); err != nil {
				return fmt.Errorf("clear the outbox of partition %d: %w", p, err)
			}
		}
		commands, facts, size = nil, nil, 0
		clear(done)
		return nil
	}
	for _, p := range partitions {
		after := uint64(0)
		for {
			rows, err := r.store.Outbox(ctx, p, after, relayRows)
			if err != nil {
				return fmt.Errorf("read the outbox of partition %d: %w", p, err)
			}
			for _, row := range rows {
				for _, m := range row.Messages {
					if bus.IsEvent(m.Subject) {
						facts = append(facts, outgoing(m))
					} else {
						commands = append(commands, outgoing(m))
					}
					size += len(m.Data)
				}
				after = row.Seq
				done[p] = row.Seq
			}
			if size >= relayBytes || len(commands)+len(facts) >= bus.MaxBatch {
				if err := flush(); err != nil {
					return err
				}
			}
			if len(rows) < relayRows {
				break
			}
		}
	}
	return flush()
}

func outgoing(m store.Outgoing) *nats.Msg {
	msg := bus.NewMsg(m.Subject, m.ID, m.Data)
	for k, v := range m.Header {
		msg.Header.Set(k, v)
	}
	return msg
}

// drain waits until nothing is left to publish, or ctx ends.
func (r *Relay) drain(ctx context.Context) error {
	r.mu.Lock()
	if !r.busy && len(r.dirty) == 0 {
		r.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	r.idle = append(r.idle, idle)
	r.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
