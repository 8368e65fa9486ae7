package orchestrator_test

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// runChanging starts an orchestrator by the wall's clock, and returns what puts another
// workspace into force.
func (r *rig) runChanging() (*orchestrator.Orchestrator, func(*journey.Set)) {
	r.t.Helper()
	var set atomic.Pointer[journey.Set]
	var changed atomic.Pointer[chan struct{}]
	enact := func(s *journey.Set) {
		next := make(chan struct{})
		set.Store(s)
		if old := changed.Swap(&next); old != nil {
			close(*old)
		}
	}
	enact(r.set)
	o, _ := r.run(func(o *orchestrator.Options) {
		o.Clock = orchestrator.WallClock
		o.Journeys = set.Load
		o.Changed = func() <-chan struct{} { return *changed.Load() }
	})
	return o, enact
}

// met waits until every profile has met a workspace.
func (r *rig) met(version string) {
	r.t.Helper()
	deadline, tick := time.NewTimer(patience), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for must(r.store.StaleCount(r.t.Context(), version))(r.t) > 0 {
		select {
		case <-tick.C:
		case <-deadline.C:
			r.t.Fatalf("%d profiles have not met workspace %s", must(r.store.StaleCount(r.t.Context(), version))(r.t), version)
		}
	}
}

// Two rules may give points for one event: nothing of that may be refused as told already.
func TestTwoRulesEarnByOneEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set = must(journey.NewSet(journey.Config{Loyalty: journey.Loyalty{Earn: []journey.Earning{
		{On: event.OrderCompleted, Points: number(10)}, {On: event.OrderCompleted, Points: number(5)},
	}}}))(t)
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "A1", "lamp"))
	r.settled(o)
	if got := r.counts().Events[event.OrderCompleted]; got != 1 {
		t.Errorf("%d orders applied", got)
	}
}

// A change that is made, taken back and made again moves people each time.
func TestChangesBackAndForth(t *testing.T) {
	t.Parallel()
	version := func(v string) *journey.Definition {
		d := tagger()
		d.Version, d.OnChange = v, journey.Migrate
		return d
	}
	one, two := version("1"), version("2")
	r := newRig(t, one)
	o, enact := r.runChanging()
	r.publish(r.order("ada", time.Now(), "A1", "lamp"))
	r.settled(o)
	for i, now := range []*journey.Definition{two, one, two, one} {
		c := journey.Config{Version: strconv.Itoa(i), Since: time.Now(), Journeys: []*journey.Definition{now}, Old: []*journey.Definition{one, two}}
		enact(must(journey.NewSet(c))(t))
		r.met(c.Version)
		if got, want := must(r.store.Resting(t.Context()))(t), (store.Resting{Journey: "tagger", Version: now.Version, Step: "rest", Count: 1}); len(got) != 1 || got[0] != want {
			t.Fatalf("change %d: resting %+v", i, got)
		}
	}
}

// What is in force again, after another workspace was half gone through, is met anew by
// those who met the other.
func TestRenewalComesBackToTheVersionBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t, tagger())
	o, enact := r.runChanging()
	const people = 1000 // many transactions on each partition
	for i := range people {
		r.publish(r.order("customer-"+strconv.Itoa(i), time.Now(), "A1", "lamp"))
	}
	r.settled(o)
	before := r.set
	r.met(before.Version())
	other := must(journey.NewSet(journey.Config{Version: "other", Since: time.Now(), Journeys: []*journey.Definition{tagger()}}))(t)
	enact(other)
	deadline := time.Now().Add(patience)
	for must(r.store.StaleCount(t.Context(), "other"))(t) == people {
		if time.Now().After(deadline) {
			t.Fatal("nobody met the other workspace")
		}
	}
	enact(before)
	r.met(before.Version())
}

// number is an expression with a fixed value.
type number float64

func (n number) Value(*journey.Scope) (any, error) { return float64(n), nil }
func (number) String() string                      { return "number" }

// tagger tags who orders, splits them, and hopes for another order.
func tagger() *journey.Definition {
	return &journey.Definition{
		Name: "tagger", Version: "1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{On: event.OrderCompleted},
		Goal:  &journey.Goal{On: event.OrderCompleted, Within: 30 * day, Value: number(2.5)},
		Steps: []journey.Step{
			{ID: "mark", Tag: &journey.Tag{Add: []string{"buyer"}}},
			{ID: "version", Split: &journey.Split{Arms: []journey.Arm{{Name: "only", Weight: 1}}}},
			{ID: "rest", Wait: &journey.Wait{Pause: &schedule.Wait{For: 9 * day}}},
		},
	}
}

// listener enters those who were tagged.
func listener() *journey.Definition {
	return &journey.Definition{
		Name: "listener", Version: "1", Status: journey.Active, Category: message.Transactional,
		Enter: journey.Entry{On: profile.Tagged}, Steps: []journey.Step{{ID: "hello", Send: &journey.Send{Channel: message.Email, Template: "hello"}}},
	}
}

func TestFactsComeBackAndAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, tagger(), listener())
	o, _ := r.run(nil)
	r.publish(r.order("ada", start(), "A1", "lamp"), r.order("ada", start().Add(day), "A2", "lamp"))
	r.settled(o)
	counts := must(r.store.Counts(t.Context()))(t)
	if got := counts.Journeys["listener"]; got.Entered != 1 || got.Finished != 1 {
		t.Errorf("listener: %+v", got)
	}
	if counts.Events[profile.Tagged] != 1 {
		t.Errorf("events %v", counts.Events)
	}
	arms := must(r.store.Arms(t.Context()))(t)
	want := []store.Arm{
		{Journey: "listener", Version: "1", Arm: "sent", Entered: 1},
		{Journey: "tagger", Version: "1", Arm: "sent", Entered: 1, Converted: 1, Value: 2.5},
		{Journey: "tagger", Version: "1", Step: "version", Arm: "only", Entered: 1, Converted: 1, Value: 2.5},
	}
	if !slices.Equal(arms, want) {
		t.Errorf("arms %+v", arms)
	}
	if got, want := must(r.store.Resting(t.Context()))(t), []store.Resting{{Journey: "tagger", Version: "1", Step: "rest", Count: 1}}; !slices.Equal(got, want) {
		t.Errorf("resting %+v", got)
	}
	r.runOn(start().Add(10 * day))
	r.settled(o)
	if got := must(r.store.Resting(t.Context()))(t); len(got) != 0 {
		t.Errorf("after all have gone there rest %+v", got)
	}
}

// A workspace that comes into force reaches those who do nothing, too: in the background,
// without an event.
func TestIdleProfilesMeetANewWorkspace(t *testing.T) {
	t.Parallel()
	r := newRig(t, tagger())
	o, enact := r.runChanging()
	const people = 250 // more than one transaction takes
	for i := range people {
		r.publish(r.order("customer-"+string(rune('a'+i%26))+string(rune('a'+i/26)), time.Now(), "A1", "lamp"))
	}
	r.settled(o)
	next := tagger()
	next.Version, next.OnChange = "2", journey.Cancel
	enact(must(journey.NewSet(journey.Config{
		Version: "second", Since: time.Now(), Journeys: []*journey.Definition{next}, Old: []*journey.Definition{tagger()},
		Segments: []*journey.Segment{{Name: "everybody", Version: "1", If: when(func(*journey.Scope) bool { return true })}},
	}))(t))
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	inside := func() bool {
		return slices.ContainsFunc(must(r.store.Resting(t.Context()))(t), func(x store.Resting) bool { return x.Step != "" })
	}
	for inside() || must(r.store.StaleCount(t.Context(), "second"))(t) > 0 {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("still resting: %+v", must(r.store.Resting(t.Context()))(t))
		}
	}
	counts := must(r.store.Counts(t.Context()))(t)
	if got := counts.Journeys["tagger"]; got.Left != people {
		t.Errorf("tagger: %+v, want all %d to have left", got, people)
	}
}

// What a paused journey hears is kept in the store, though it has no effect yet.
func TestPausedJourneyHearsReceipts(t *testing.T) {
	t.Parallel()
	def := func(status journey.Status) *journey.Definition {
		return &journey.Definition{
			Name: "j", Version: "1", Status: status, Category: message.Transactional, Enter: journey.Entry{On: event.OrderCompleted},
			Steps: []journey.Step{{ID: "rest", Wait: &journey.Wait{Events: []journey.WaitEvent{{On: event.MessageSent, Leave: "told"}}}}},
		}
	}
	r := newRig(t, def(journey.Active))
	o, enact := r.runChanging()
	r.publish(r.order("ada", time.Now(), "A1", "lamp"))
	r.settled(o)
	for _, c := range []journey.Config{
		{Version: "paused", Since: time.Now(), Journeys: []*journey.Definition{def(journey.Paused)}},
		{Version: "active", Since: time.Now(), Journeys: []*journey.Definition{def(journey.Active)}},
	} {
		enact(must(journey.NewSet(c))(t))
		r.met(c.Version)
		if c.Version == "paused" {
			r.publish(r.event(event.MessageSent, "ada", time.Now(), map[string]any{"message_id": "m", "outcome": "sent"}))
			r.settled(o)
		}
	}
	r.publish(r.order("ada", time.Now(), "A2", "lamp")) // Timers that are due come before it.
	r.settled(o)
	if got := r.counts().Journeys["j"]; got.Left != 1 {
		t.Errorf("%+v, want one to have left", got)
	}
}
