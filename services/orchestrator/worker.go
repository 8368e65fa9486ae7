package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// worker applies one partition's events while it holds the lease.
type worker struct {
	o         *Orchestrator
	partition int
	placing   bus.Placing
	epoch     uint64
	log       *slog.Logger

	position store.Position
	pending  []input // read and not yet applied
	// How many rows and messages the last batch had; the next one makes room for as many.
	rows, messages int
	due            time.Time // when the earliest timer is due; zero: none
	looked         bool      // due is what the store has
	renewal        renewal
	care           caution
	held           bool      // events wait because messages do
	sparing        bool      // it has one of the places for batches of timers alone
	firing         time.Time // since when it makes such a batch
}

// deliveries are where events come from, see bus.Reader.
type deliveries interface {
	Next(ctx context.Context) ([]bus.Delivery, error)
	NextOr(ctx context.Context, other <-chan struct{}) ([]bus.Delivery, error)
}

// run works until the lease is lost or something fails. The commit in hand when ctx ends
// is finished first.
func (w *worker) run(ctx context.Context, lease *bus.Lease) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-lease.Lost():
			cancel(lease.Err())
		case <-ctx.Done():
		}
	}()
	position, err := w.o.Store.Acquire(ctx, w.partition, w.epoch)
	if err != nil {
		return fmt.Errorf("acquire the partition's state: %w", err)
	}
	w.position = position
	reader, err := bus.ReadPartition(ctx, w.o.js, w.partition, position.Seq, bus.ReadOptions{MaxBatch: w.o.BatchSize, Linger: -1})
	if err != nil {
		return fmt.Errorf("read from sequence %d: %w", position.Seq+1, err)
	}
	defer reader.Close() //nolint:errcheck // The consumer runs out by itself; nothing is lost with it.
	w.o.relay.begin(w.partition)
	w.o.note(w.partition, w.placing.Partitions, position)
	if err := w.lookAhead(ctx, nil); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := w.round(ctx, reader); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// round applies what there is to apply, once.
func (w *worker) round(ctx context.Context, from deliveries) error {
	defer w.spared()
	if err := w.read(ctx, from); err != nil {
		return err
	}
	return w.step(ctx)
}

// read waits for deliveries, or until the earliest timer is due. When that is due already it
// takes what has arrived, or else waits for a place among those who fire timers alone.
func (w *worker) read(ctx context.Context, from deliveries) error {
	if len(w.pending) > 0 {
		return nil
	}
	var deliveries []bus.Delivery
	var err error
	if w.late() {
		deliveries, err = from.NextOr(ctx, w.o.backlog.places)
		w.sparing = err == nil && len(deliveries) == 0
	} else {
		var cancel context.CancelFunc
		ctx, cancel = w.patience(ctx)
		defer cancel()
		deliveries, err = from.Next(ctx)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // Stopped, or a timer is due; the caller knows which.
	case err != nil:
		return fmt.Errorf("read events: %w", err)
	}
	w.take(deliveries)
	return w.gatherReceipts(ctx, from)
}

func (w *worker) take(deliveries []bus.Delivery) {
	for _, d := range deliveries {
		w.pending = append(w.pending, w.decoded(d))
	}
}

// receiptLinger is how long receipts wait for company: nobody waits for them, and a
// transaction for each would be half of all transactions.
const receiptLinger = 25 * time.Millisecond

// gatherReceipts waits for more while all that is pending is receipts that no journey hears.
// Whatever else comes ends it, so that events and timers wait for nothing.
func (w *worker) gatherReceipts(ctx context.Context, from deliveries) error {
	if w.o.Clock == EventClock || len(w.pending) == 0 || w.late() {
		return nil
	}
	heard := w.o.Journeys().Hears
	ctx, cancel := context.WithTimeout(ctx, receiptLinger)
	defer cancel()
	for seen := 0; len(w.pending) < w.o.BatchSize; {
		for ; seen < len(w.pending); seen++ {
			if in := &w.pending[seen]; in.receipt == nil || heard(in.event.Type) {
				return nil
			}
		}
		more, err := from.Next(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil // They have waited long enough.
		case err != nil:
			return fmt.Errorf("read events: %w", err)
		}
		w.take(more)
	}
	return nil
}

// The reasons to stop waiting for events.
var (
	errDue     = errors.New("a timer is due")
	errChanged = errors.New("another workspace is in force")
)

// patience ends when there is something to do besides events: a timer is due, another
// workspace came into force, or profiles have yet to be brought under it.
func (w *worker) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if w.o.Clock == EventClock {
		return ctx, func() {}
	}
	waiting, cancel := context.WithCancelCause(ctx)
	stop := func() { cancel(nil) }
	switch changed := w.o.Changed(); {
	case w.renewal.version != w.o.Journeys().Version():
		// What has arrived goes first; nobody waits for more.
		next, done := context.WithTimeoutCause(waiting, time.Millisecond, errChanged)
		return next, func() { done(); stop() }
	case changed != nil:
		go func() {
			select {
			case <-changed:
				cancel(errChanged)
			case <-waiting.Done():
			}
		}()
	}
	if w.due.IsZero() {
		return waiting, stop
	}
	next, done := context.WithTimeoutCause(waiting, w.due.Sub(w.o.Now()), errDue)
	return next, func() { done(); stop() }
}

// apply applies the first n of what is pending, and timers that are due before them, in one
// transaction: by the events' clock all of them, by the wall's those of the same profiles and
// some of others. With none of them it fires the timers that are due before the first.
func (w *worker) apply(ctx context.Context, n int) error {
	if ctx.Err() != nil {
		return nil
	}
	began, ok := time.Now(), false
	defer func() { w.o.metrics.step(ctx, time.Since(began), ok) }() // Also when the engine panics.
	ins := w.pending[:n]
	seen := w.pending[:max(n, min(1, len(w.pending)))]
	w.care.now = w.o.Now()
	if n == 1 && w.care.settled {
		w.care.now = w.care.at // No other timer may come due between the timers and the event.
	}
	last := setTimes(seen, w.o.Clock, w.position.Clock, w.care.now)
	horizon := last
	if w.o.Clock == WallClock || (len(seen) > 0 && seen[len(seen)-1].tick) {
		horizon = last.Add(1)
	}
	b, err := w.prepare(ctx, ins, horizon)
	if err != nil {
		return err
	}
	defer b.yield()
	if n < len(seen) {
		b.through = seen[0].seq - 1
	}
	done, err := b.apply(ctx, ins, horizon)
	if err != nil {
		return err
	}
	if err := w.commit(ctx, b); err != nil {
		return err
	}
	w.passed(ctx, n, done, b.cut == nil)
	w.o.metrics.applied(ctx, w.o.Now(), w.o.Clock, w.pending[:done])
	w.pending = w.pending[done:]
	if len(w.pending) == 0 {
		w.pending = nil
	}
	err = w.lookAhead(ctx, b)
	ok = err == nil
	return err
}

// commit makes the batch true. It is not interrupted by a stop: a commit that is under way
// is either known to have happened or known not to.
func (w *worker) commit(ctx context.Context, b *batch) error {
	out, err := b.finish()
	if err != nil {
		return err
	}
	if out.From == out.To && len(out.Profiles) == 0 {
		return nil
	}
	if err := fits(out.Outbox); err != nil {
		return err
	}
	commitCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	if err := w.o.Store.Commit(commitCtx, out); err != nil {
		return fmt.Errorf("commit %d events: %w", out.To.Seq-out.From.Seq, err)
	}
	w.position = out.To
	w.rows, w.messages = len(out.Timeline), len(out.Messages)
	if len(out.Outbox) > 0 {
		// Before anybody can see the position, or Relayed would not know what it waits for.
		w.o.relay.add(w.partition, commands(out.Outbox))
	}
	w.o.note(w.partition, 0, w.position)
	w.o.metrics.committed(ctx, out)
	return nil
}

const commitTimeout = 30 * time.Second
