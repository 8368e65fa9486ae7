package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// caution is how carefully a worker goes on after failures. A batch that fails for a reason
// that may lie in it is applied in halves, first its events and then the timers due before
// them, until what fails is alone. After successes it takes larger steps again.
type caution struct {
	events   int // how many of the pending events are applied at once, at most
	wakes    int // how many timers are loaded at once, at most
	renewals int // how many profiles are renewed at once, at most

	// settled: the timers due before the first pending event have fired, so that the next
	// failure of that event alone is its own.
	settled bool
	at      time.Time // when they had
	tries   int       // how often what is alone has failed, while the store took other things
	failed  int       // failures in a row, for the back-off
	sound   int       // events applied since the last one that earned credit

	loaded    int    // timers that the last attempt loaded
	first     string // the profile of the first of them
	now       time.Time
	postponed map[string]postponed
	alarmed   bool
	unsure    bool // a commit may have happened whose answer did not come
}

const (
	everything = 1 << 20 // more than ever is pending

	// tries is how often an event has to fail alone when its error does not say whose
	// fault it is.
	maxTries = 3

	longestBackoffs = 50 // of Options.Backoff
)

func newCaution() caution { return caution{events: everything, wakes: maxWakes, renewals: renewBatch} }

// step applies what is pending, as far as caution lets it, and deals with failures. Its
// error ends the work on the partition.
func (w *worker) step(ctx context.Context) error {
	if w.care.unsure {
		if _, err := w.resync(ctx); err != nil {
			return w.failure(ctx, outage(err), nil)
		}
	}
	if !w.room(ctx) {
		return nil
	}
	n := min(len(w.pending), w.care.events)
	if err := w.guarded(func() error { return w.apply(ctx, n) }); err != nil {
		return w.failure(ctx, err, func(err error) bool { return w.suspect(ctx, n, err) })
	}
	if err := w.guarded(func() error { return w.renew(ctx) }); err != nil {
		return w.failure(ctx, err, func(err error) bool { return w.unrenewed(ctx, err) })
	}
	return nil
}

// guarded turns a panic of the engine into an error. What the batch had in memory is
// dropped with it; the states are read afresh.
func (w *worker) guarded(work func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{value: v, stack: debug.Stack()}
		}
	}()
	return work()
}

// decoded reads a delivery. One that ends in a panic is unreadable.
func (w *worker) decoded(d bus.Delivery) (in input) {
	err := w.guarded(func() error { in = read(d, w.placing); return nil })
	if err != nil {
		in = input{seq: d.Seq, raw: d, trace: context.Background(), broken: bus.Because(bus.Unreadable, err)}
	}
	return in
}

// failure waits after an error that is nobody's fault, and otherwise lets narrow make the
// next attempt smaller. narrow returns false when there is nothing to do but wait.
func (w *worker) failure(ctx context.Context, err error, narrow func(error) bool) error {
	w.care.unsure = true
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrPosition):
		return err
	}
	of := blamed(err)
	if of != nobody {
		// Whether the store answers another question says whether it is there at all.
		switch moved, lost := w.resync(ctx); {
		case errors.Is(lost, store.ErrFenced):
			return lost
		case lost != nil:
			err, of = errors.Join(err, lost), nobody
		case moved:
			return nil // What failed was only the answer.
		}
	}
	w.o.metrics.failed(ctx, of)
	if of != nobody && narrow(err) {
		return nil
	}
	w.wait(ctx, err)
	return nil
}

// resync asks the store how far the partition is, since a commit that failed may have
// happened all the same. It writes who owns the partition, which proves that it can.
func (w *worker) resync(ctx context.Context) (moved bool, err error) {
	asking, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	position, err := w.o.Store.Acquire(asking, w.partition, w.epoch)
	if err != nil {
		return false, fmt.Errorf("acquire the partition's state again: %w", err)
	}
	w.care.unsure = false
	if position.Seq == w.position.Seq && position.Clock.Equal(w.position.Clock) {
		return false, nil
	}
	for len(w.pending) > 0 && w.pending[0].seq <= position.Seq {
		w.pending = w.pending[1:]
	}
	w.position, w.care.settled = position, false
	w.o.relay.poke(w.partition)
	w.o.note(w.partition, 0, position)
	return true, w.lookAhead(asking, nil)
}

// wait is the back-off between two attempts at the same thing.
func (w *worker) wait(ctx context.Context, err error) {
	w.spared()
	rest := min(w.o.Backoff<<min(w.care.failed, 10), longestBackoffs*w.o.Backoff)
	w.care.failed++
	w.log.ErrorContext(ctx, "batch not applied, trying again", "attempt", w.care.failed, "after", rest, "error", err)
	pause(ctx, rest)
}

// suspect looks for what makes an attempt with n events fail.
func (w *worker) suspect(ctx context.Context, n int, err error) bool {
	c := &w.care
	switch {
	case n > 1:
		c.events = n / 2
	case n == 1 && !c.settled:
		c.events = 0
	case n == 1:
		c.settled, c.events = false, 0 // Others may be due when it is tried again.
		return w.accuse(ctx, err) && w.condemn(ctx, err)
	case c.loaded > 1:
		c.wakes = c.loaded / 2
	case c.loaded == 1:
		c.wakes = 1
		return w.accuse(ctx, err) && w.postpone(ctx, c.first, err) && w.acquitted()
	default:
		return false // There was neither event nor timer: it is the store.
	}
	return true
}

// accuse reports whether what failed alone has failed often enough. A failure counts only
// when the store takes an empty batch right after it. As several are asked for, one that
// comes back between a failure and the proof condemns nobody.
func (w *worker) accuse(ctx context.Context, err error) bool {
	if !w.storeTakes(ctx) {
		return false
	}
	w.care.tries++
	return blamed(err) == itself || w.care.tries >= maxTries
}

func (w *worker) acquitted() bool {
	w.care.tries, w.care.failed = 0, 0
	return true
}

// condemn marks the first pending event as one that cannot be applied, so that the next
// attempt buries it as it buries an unreadable one. It refuses when the event is marked
// already, which means that the store does not even take the position past it, and when so
// many were marked lately that the fault must be ours.
func (w *worker) condemn(ctx context.Context, cause error) bool {
	in := &w.pending[0]
	if in.broken != nil || in.tick {
		return false
	}
	if !w.o.poison.spend() {
		w.alarm(ctx, true)
		w.log.ErrorContext(ctx, "too many events in a row cannot be applied: this is no fault of theirs but a defect or a broken store; "+
			"the partition stands still until it is mended, and nothing is lost meanwhile", "seq", in.seq, "error", cause)
		return false
	}
	var broken *panicError
	if errors.As(cause, &broken) {
		w.log.ErrorContext(ctx, "engine panicked", "seq", in.seq, "panic", broken.value, "stack", string(broken.stack))
	}
	in.broken = poisoned(cause)
	w.care.events = 1
	return w.acquitted()
}

// storeTakes proves that the store commits for this partition at all.
func (w *worker) storeTakes(ctx context.Context) bool {
	proof, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	err := w.o.Store.Commit(proof, &store.Batch{Partition: w.partition, Epoch: w.epoch, From: w.position, To: w.position})
	if err != nil {
		w.log.ErrorContext(ctx, "the store does not take an empty batch either", "error", err)
	}
	return err == nil
}

// passed notes that an attempt at n events was committed, of which done were dealt with;
// all says that no due timer was left behind. It makes the next step larger.
func (w *worker) passed(ctx context.Context, n, done int, all bool) {
	c := &w.care
	for i := range w.pending[:done] {
		in := &w.pending[i]
		if in.broken == nil {
			c.sound++
			continue
		}
		w.o.metrics.dead(ctx, bus.ClassOf(in.broken))
		if poison := (*poisonError)(nil); errors.As(in.broken, &poison) {
			w.o.metrics.poisonedEvent(ctx, w.partition)
		}
	}
	w.o.backlog.saw(n)
	for ; c.sound >= soundPerCredit; c.sound -= soundPerCredit {
		w.o.poison.earn()
	}
	if done > 0 || c.loaded > 0 {
		c.failed = 0
	}
	if c.alarmed && (done > 0 || (n == 0 && len(w.pending) == 0)) {
		w.alarm(ctx, false)
	}
	if all {
		w.fired(ctx)
	}
	if c.wakes < maxWakes {
		c.wakes = min(c.wakes*2, maxWakes)
	}
	switch {
	case n == 0 && len(w.pending) > 0:
		if all {
			c.settled, c.at, c.events = true, c.now, 1
		}
	case done > 0:
		c.settled, c.tries = false, 0
		if c.events < everything {
			c.events *= 2
		}
	}
}

// alarm says whether the partition stands still because too much cannot be applied.
func (w *worker) alarm(ctx context.Context, on bool) {
	w.care.alarmed = on
	w.o.metrics.stalled(ctx, w.partition, on)
}

// unrenewed makes renewing smaller, and passes over the one profile that cannot be brought
// under the workspace: it meets it at its next event.
func (w *worker) unrenewed(ctx context.Context, err error) bool {
	c, r := &w.care, &w.renewal
	switch n := len(r.trying); {
	case n == 0:
		return false
	case n > 1:
		c.renewals = n / 2
	case blamed(err) != itself && r.tries < maxTries-1:
		r.tries++ // Events are applied before the next try.
	default:
		w.log.ErrorContext(ctx, "a profile cannot be brought under the workspace in force; it is passed over",
			"version", r.toward, "profile", r.trying[0], "error", err)
		w.o.metrics.unrenewed(ctx)
		r.after, r.tries = r.trying[0], 0
	}
	return true
}

// bury copies an input that cannot be applied to the dead letters before the position
// passes it. The copy's id is derived, so burying again after a failed commit adds none.
// While the dead letters take nothing the partition waits: whatever is given up leaves a
// trace.
func (b *batch) bury(ctx context.Context, in *input) error {
	b.w.log.WarnContext(ctx, "event cannot be applied, see the dead letters", "seq", in.seq, "reason", in.broken)
	letter := in.raw
	err := bus.DeadLetter(ctx, b.w.o.js, "orchestrator", letter, in.broken)
	if bus.IsTooLarge(err) { // Its own headers are; the reason and where it lies must not be lost for them.
		letter.Header = nil
		err = bus.DeadLetter(ctx, b.w.o.js, "orchestrator", letter, in.broken)
	}
	if err != nil {
		return outage(err)
	}
	b.w.o.lookAtDead(ctx)
	return nil
}
