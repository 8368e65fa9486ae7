package orchestrator_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// spoiled is a store in which one profile's state cannot be read any more.
type spoiled struct {
	orchestrator.Store
	profile string
	since   atomic.Bool
}

func (s *spoiled) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	loaded, err := s.Store.Load(ctx, partition, wants)
	for i := range loaded {
		if wants[i].Profile == s.profile && loaded[i].State != nil && s.since.Load() {
			loaded[i].State = []byte("spoiled")
		}
	}
	return loaded, err
}

// A state that cannot be read costs its profile's events and timers, and nobody else's.
func TestAStateThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, hasty(50*time.Millisecond, func(*journey.Scope) bool { return true }), thankYou())
	s := &spoiled{Store: r.store, profile: "c3"}
	o, _ := r.run(func(o *orchestrator.Options) { o.Store, o.Backoff = s, time.Millisecond })
	for i := range 10 {
		r.publish(r.order("c"+strconv.Itoa(i), start(), "N"+strconv.Itoa(i), "lamp"))
	}
	r.settled(o)
	s.since.Store(true)
	after := r.order("c3", start().Add(time.Hour), "late", "lamp")
	r.publish(after)
	r.runOn(start().Add(2 * time.Hour)) // the timers of all
	r.settled(o)
	if n := len(r.sends()); n != 19 {
		t.Errorf("%d messages, want ten at once, and nine later", n)
	}
	letters := r.letters()
	if dead := letters[uid(after)]; len(letters) != 1 || !strings.Contains(dead.Reason, "decode state") {
		t.Errorf("dead letters %v, want that of the order whose profile cannot be read", letters)
	}
}

// A profile that cannot be brought under a new workspace holds up neither the others nor
// any event.
func TestAProfileThatCannotBeRenewed(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	config := func(version string, segments ...*journey.Segment) *journey.Set {
		return must(journey.NewSet(journey.Config{Version: version, Journeys: []*journey.Definition{thankYou()}, Segments: segments}))(t)
	}
	var set atomic.Pointer[journey.Set]
	set.Store(config("1"))
	changed, meters := make(chan struct{}), newMeters()
	o, _ := r.run(func(o *orchestrator.Options) {
		o.Clock, o.MeterProvider, o.Backoff = orchestrator.WallClock, meters, time.Millisecond
		o.Journeys = set.Load
		o.Changed = func() <-chan struct{} { return changed }
	})
	for i := range 40 {
		r.publish(r.order("c"+strconv.Itoa(i), start(), "N"+strconv.Itoa(i), "lamp"))
	}
	r.settled(o)
	set.Store(config("2", &journey.Segment{Name: "odd", Version: "1", Reads: journey.Reads{Profile: true}, If: when(func(s *journey.Scope) bool {
		if s.Profile.ID == "c3" {
			panic("nobody foresaw this")
		}
		return true
	})}))
	close(changed)
	r.until(o, func() bool { return meters.last(t, "orchestrator_profiles_not_renewed_total") == 1 })
	r.until(o, func() bool { return meters.last(t, "orchestrator_profiles_renewed_total") == 39 })
	r.publish(r.order("c4", start().Add(time.Hour), "again", "lamp"))
	r.until(o, func() bool { return r.counts().Events[event.OrderCompleted] == 41 })
	if n := len(r.letters()); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}
