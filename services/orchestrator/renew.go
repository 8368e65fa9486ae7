package orchestrator

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/store"
)

// renewBatch is how many profiles are brought under a new workspace in one transaction:
// few, because events wait for it.
const renewBatch = 100

// renewal is how far a partition has come in bringing its profiles under the workspace in
// force.
type renewal struct {
	version string // that all profiles have met; empty: none
	toward  string // that is being gone through
	after   string // the last profile seen
	done    int
	trying  []string // profiles of the attempt under way
	tries   int      // how often the one that is alone in it has failed
}

// renew brings some of the partition's profiles under the workspace in force: segments are
// filled, instances of changed journeys moved or let go, timers of dates and broadcasts set.
// Profiles with events meet it at their next event anyway; this is for those who have none.
// By the events' clock it does nothing: a replay must not depend on how far it was.
func (w *worker) renew(ctx context.Context) error {
	set := w.o.Journeys()
	version := set.Version()
	if w.o.Clock == EventClock || w.renewal.version == version || ctx.Err() != nil {
		return nil
	}
	if w.renewal.toward != version {
		w.renewal = renewal{toward: version} // What they had all met before, some have met no more.
	}
	w.renewal.trying = nil
	ids, err := w.o.Store.Stale(ctx, w.partition, version, w.renewal.after, w.care.renewals)
	if err != nil {
		return fmt.Errorf("look for profiles to bring under workspace %s: %w", version, err)
	}
	if len(ids) == 0 {
		if w.renewal.done > 0 {
			w.log.Info("profiles brought under the workspace", "version", version, "profiles", w.renewal.done)
		}
		w.renewal.version = version
		return nil
	}
	w.renewal.trying = ids
	now := w.o.Now()
	b, err := w.prepare(ctx, nil, time.Time{})
	if err != nil {
		return err
	}
	defer b.yield()
	b.set, b.renewing = set, true
	wants, concerned := make([]store.Want, len(ids)), make(map[string]bool, len(ids))
	for i, id := range ids {
		wants[i], concerned[id] = store.Want{Profile: id}, true
	}
	if err := b.load(ctx, wants, concerned); err != nil {
		return err
	}
	for _, id := range ids {
		p := b.people[id]
		if p == nil || p.state == nil {
			continue
		}
		p.dirty = true
		if p.follows() {
			continue // Another id acts for it, which meets the workspace.
		}
		if err := b.effects(ctx, p, set.Refresh(p.state, now), now, cause{}); err != nil {
			return err
		}
	}
	if err := w.commit(ctx, b); err != nil {
		return err
	}
	w.renewal.after = ids[len(ids)-1]
	w.renewal.done += len(ids)
	w.renewal.tries, w.care.renewals = 0, min(2*w.care.renewals, renewBatch)
	w.o.metrics.renewed(ctx, len(ids))
	return w.lookAhead(ctx, b)
}
