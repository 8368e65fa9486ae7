package orchestrator_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
)

// Whoever is erased while ids are being joined and taken apart is gone, whatever is under way:
// nothing of before brings them back, and no other id has anything that was theirs.
func TestErasedWhileBeingJoined(t *testing.T) {
	t.Parallel()
	r := newRig(t, thankYou())
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		if round++; testing.Short() && round > 15 {
			return
		}
		var ids []string
		for _, id := range crowdIDs {
			ids = append(ids, fmt.Sprintf("%s-e%d", id, round))
		}
		asked := rapid.SampledFrom(ids).Draw(rt, "asked")
		mark := func(id string) string { return fmt.Sprintf("of %x", id) }
		draw := func(at time.Time) event.Event {
			id, other := rapid.SampledFrom(ids).Draw(rt, "id"), rapid.SampledFrom(ids).Draw(rt, "other")
			switch rapid.IntRange(0, 3).Draw(rt, "op") {
			case 0:
				return r.alias(id, other, at)
			case 1:
				return r.unalias(id, other, at)
			case 2:
				return r.identify(id, at, other)
			}
			return r.event(event.ProfileIdentified, id, at, map[string]any{event.ProfileProperty: map[string]any{"traits": map[string]any{mark(id): "x"}}})
		}
		erasure := start().Add(day)
		o, stop := r.owner(true)
		for i := range rapid.IntRange(1, 12).Draw(rt, "before") {
			r.publish(draw(start().Add(time.Duration(i) * time.Minute)))
		}
		if rapid.Bool().Draw(rt, "settled before") {
			r.settled(o)
		}
		r.publish(r.event(event.ProfileErased, asked, erasure, map[string]any{}))
		if rapid.Bool().Draw(rt, "another owner") {
			stop()
			o, stop = r.owner(true)
		}
		for i := range rapid.IntRange(0, 12).Draw(rt, "late") {
			r.publish(draw(start().Add(time.Hour + time.Duration(i)*time.Minute)))
		}
		r.settled(o)
		stop()
		for _, id := range ids {
			st := r.stateOf(id)
			if st == nil {
				continue
			}
			if id == asked {
				rt.Errorf("%s is there again: %+v, %+v", id, st.Profile, st.Identity)
			}
			if st.Profile.Trait(mark(asked)) != "" {
				rt.Errorf("%s knows what was of %s, who was erased: %+v", id, asked, st.Identity)
			}
		}
		if rows := must(r.store.Timeline(t.Context(), r.ref(asked).Partition, asked, 10))(t); len(rows) > 0 {
			rt.Errorf("the timeline of %s has %v", asked, rows)
		}
		if n := len(r.letters()); n != 0 {
			rt.Errorf("%d dead letters: %v", n, r.letters())
		}
	})
}
