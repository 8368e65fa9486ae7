package orchestrator_test

import (
	"slices"
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
