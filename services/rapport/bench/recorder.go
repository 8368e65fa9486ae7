package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rapport/pkg/store"
)

// recorder is a store that notes what an orchestrator commits to it, and makes it wait at a
// gate before it begins with a batch.
type recorder struct {
	store.Store

	mu      sync.Mutex
	open    chan struct{} // closed while the gate is open
	keep    bool          // the batches
	batches [partitions][]*store.Batch
	epochs  [partitions]uint64
	at      [partitions]store.Position
	events  int       // applied since the gate was opened
	last    time.Time // when the last commit returned
	moved   chan struct{}
}

func newRecorder(s store.Store, keep bool) *recorder {
	return &recorder{Store: s, open: make(chan struct{}), keep: keep, moved: make(chan struct{})}
}

// Acquire notes the epoch under which a partition is worked on.
func (r *recorder) Acquire(ctx context.Context, partition int, epoch uint64) (store.Position, error) {
	pos, err := r.Store.Acquire(ctx, partition, epoch)
	if err == nil {
		r.mu.Lock()
		r.epochs[partition], r.at[partition] = epoch, pos
		r.mu.Unlock()
	}
	return pos, err
}

// Load is the first that an orchestrator asks for events: here it waits for the gate.
func (r *recorder) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	r.mu.Lock()
	open := r.open
	r.mu.Unlock()
	select {
	case <-open:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return r.Store.Load(ctx, partition, wants)
}

// Commit notes what was committed.
func (r *recorder) Commit(ctx context.Context, b *store.Batch) error {
	if err := r.Store.Commit(ctx, b); err != nil {
		return err
	}
	at := time.Now()
	events := 0
	for i := range b.Timeline {
		if b.Timeline[i].Kind == store.KindEvent {
			events++
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keep {
		r.batches[b.Partition] = append(r.batches[b.Partition], b)
	}
	r.at[b.Partition] = b.To
	r.events += events
	r.last = at
	close(r.moved)
	r.moved = make(chan struct{})
	return nil
}

// begin opens the gate and forgets what was before.
func (r *recorder) begin() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events, r.batches = 0, [partitions][]*store.Batch{}
	close(r.open)
	return time.Now()
}

// reached opens the gate until every partition has come so far.
func (r *recorder) reached(ctx context.Context, ends [partitions]uint64) error {
	r.begin()
	for {
		r.mu.Lock()
		behind, moved := 0, r.moved
		for p, end := range ends {
			if r.at[p].Seq < end {
				behind++
			}
		}
		if behind == 0 {
			r.open = make(chan struct{})
		}
		r.mu.Unlock()
		if behind == 0 {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(patience):
			return fmt.Errorf("nothing was applied for %s, and %d partitions have not applied what an earlier run left", patience, behind)
		}
	}
}

// applied waits until n events were committed since the gate was opened, shuts it, and
// returns when the last of them was.
func (r *recorder) applied(ctx context.Context, n int) (time.Time, error) {
	for {
		r.mu.Lock()
		events, last, moved := r.events, r.last, r.moved
		if events >= n {
			r.open = make(chan struct{})
		}
		r.mu.Unlock()
		switch {
		case events > n:
			return last, fmt.Errorf("%d events were applied of %d", events, n)
		case events == n:
			return last, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return last, context.Cause(ctx)
		case <-time.After(patience):
			return last, fmt.Errorf("nothing was applied for %s, after %d of %d events", patience, events, n)
		}
	}
}

// take returns the batches of the last round by partition, and what they hold.
func (r *recorder) take() ([partitions][]*store.Batch, tally) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.batches
	r.batches = [partitions][]*store.Batch{}
	var t tally
	for _, of := range list {
		for _, b := range of {
			t.batches++
			t.profiles += len(b.Profiles)
			t.timeline += len(b.Timeline)
			t.messages += len(b.Messages)
			t.outbox += len(b.Outbox)
		}
	}
	return list, t
}

// tally is how much was committed.
type tally struct{ batches, profiles, timeline, messages, outbox int }

// again commits the batches to another store, each partition's in order, all partitions at
// the same time, and returns how long that took.
func again(ctx context.Context, to store.Store, list [partitions][]*store.Batch) (time.Duration, error) {
	var all sync.WaitGroup
	var errs [partitions]error
	began := time.Now()
	for p := range list {
		all.Go(func() {
			for _, b := range list[p] {
				if errs[p] = to.Commit(ctx, b); errs[p] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(began), errors.Join(errs[:]...)
}
