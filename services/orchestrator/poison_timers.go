package orchestrator

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/store"
)

const (
	// firstPostponement is how long a profile whose timer cannot be fired is left alone; each
	// further time twice as long, up to longestPostponement.
	firstPostponement   = time.Minute
	longestPostponement = time.Hour
	// maxPostponed bounds how many profiles of a partition are left alone. When it is
	// reached the fault is not theirs.
	maxPostponed = 1000
)

// postponed is a profile whose timer cannot be fired.
type postponed struct {
	until time.Time
	times int
}

// clock is the time by which timers are postponed: that of the attempt under way.
func (w *worker) clock() time.Time {
	if w.o.Clock == EventClock {
		return w.position.Clock
	}
	return w.care.now
}

// resting reports whether the profile's timers are left alone for now.
func (w *worker) resting(profile string) bool {
	if len(w.care.postponed) == 0 {
		return false
	}
	p, ok := w.care.postponed[profile]
	return ok && p.until.After(w.clock())
}

// wakes returns whose timers are due by horizon, exclusively, as many as go into one batch
// with so many events, and the last of them when there may be more.
func (w *worker) wakes(ctx context.Context, horizon time.Time, events int) (due []store.Wake, cut *store.Wake, err error) {
	limit := w.care.wakes
	if limit == 0 {
		limit = maxWakes
	}
	limit = min(limit, w.allowance(events))
	if w.o.Clock == WallClock && w.ahead(horizon) {
		w.care.loaded, w.care.first = 0, ""
		return nil, nil, nil
	}
	all, err := w.o.Store.Due(ctx, w.partition, horizon, limit+len(w.care.postponed))
	if err != nil {
		return nil, nil, fmt.Errorf("look for due timers: %w", err)
	}
	due = all[:0]
	for _, k := range all {
		if !w.resting(k.Profile) {
			due = append(due, k)
		}
	}
	if len(due) >= limit {
		due = due[:limit]
		cut = &due[limit-1]
	}
	w.care.loaded, w.care.first = len(due), ""
	if len(due) > 0 {
		w.care.first = due[0].Profile
	}
	return due, cut, nil
}

// postpone leaves a profile's timers alone for a while. Nothing is lost with it: the wake
// stays in the store, and is tried again when the time has come, when another workspace is
// in force, and by whoever works on the partition next.
func (w *worker) postpone(ctx context.Context, profile string, cause error) bool {
	p := w.care.postponed[profile]
	if p.times == 0 && len(w.care.postponed) >= maxPostponed {
		w.alarm(ctx, true)
		w.log.ErrorContext(ctx, "the timers of too many profiles cannot be fired: this is no fault of theirs but a defect or a broken store; "+
			"the partition stands still until it is mended, and nothing is lost meanwhile", "profiles", len(w.care.postponed), "error", cause)
		return false
	}
	rest := min(firstPostponement<<min(p.times, 10), longestPostponement)
	p.times++
	p.until = w.clock().Add(rest)
	if w.care.postponed == nil {
		w.care.postponed = map[string]postponed{}
	}
	w.care.postponed[profile] = p
	w.log.ErrorContext(ctx, "a timer cannot be fired; its profile is left alone for a while",
		"profile", profile, "times", p.times, "rest", rest, "error", cause)
	w.o.metrics.poisonedTimer(ctx, w.partition, len(w.care.postponed))
	return true
}

// fired forgets profiles whose timers could be fired at last: all that were due have been.
func (w *worker) fired(ctx context.Context) {
	if len(w.care.postponed) == 0 {
		return
	}
	now := w.clock()
	for profile, p := range w.care.postponed {
		if !p.until.After(now) {
			delete(w.care.postponed, profile)
		}
	}
	w.o.metrics.postponed(ctx, w.partition, len(w.care.postponed))
}

// ahead reports whether every timer is due at horizon or later: the worker alone changes the
// partition's timers, and has looked since it last did.
func (w *worker) ahead(horizon time.Time) bool {
	return w.looked && (w.due.IsZero() || !w.due.Before(horizon))
}

// lookAhead finds out when the partition's earliest timer is due that is not left alone,
// after b was committed; nil: at first. Mostly it is known without asking the store: it was
// none of those that the batch moved.
func (w *worker) lookAhead(ctx context.Context, b *batch) error {
	if w.o.Clock == EventClock {
		return nil
	}
	if b != nil && w.looked && len(w.care.postponed) == 0 && (w.due.IsZero() || b.earliest.IsZero() || b.earliest.After(w.due)) {
		for i := range b.out.Profiles {
			if wake := b.out.Profiles[i].Wake; !wake.IsZero() && (w.due.IsZero() || wake.Before(w.due)) {
				w.due = wake
			}
		}
		return nil
	}
	w.looked = false
	due, err := w.nextDue(ctx)
	if err != nil {
		return outage(fmt.Errorf("look for the next timer: %w", err)) // It has nothing to do with any event.
	}
	w.due, w.looked = due, len(w.care.postponed) == 0 // With them it is not what the store has.
	return nil
}

func (w *worker) nextDue(ctx context.Context) (time.Time, error) {
	if len(w.care.postponed) == 0 {
		due, _, err := w.o.Store.NextDue(ctx, w.partition)
		return due, err
	}
	ever := w.o.Now().AddDate(50, 0, 0)
	all, err := w.o.Store.Due(ctx, w.partition, ever, len(w.care.postponed)+1)
	if err != nil {
		return time.Time{}, err
	}
	var next time.Time
	for _, k := range all {
		due := k.Due
		if p, ok := w.care.postponed[k.Profile]; ok {
			due = later(due, p.until)
		}
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next, nil
}
