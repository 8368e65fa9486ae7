package script

import (
	"maps"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// watched is the engine of a test, which looks at what steps set and tag: these change the
// profile and have no effect of their own.
type watched struct {
	set *journey.Set
	rec *record
}

// looks is what of a profile is compared.
type looks struct {
	traits map[string]any
	tags   []string
}

func (w *watched) look(st *journey.State) looks {
	return looks{traits: maps.Clone(st.Profile.Traits), tags: slices.Clone(st.Profile.Tags)}
}

// tell writes down what a call changed, but for what the event itself says.
func (w *watched) tell(st *journey.State, before looks, ev *event.Event, now time.Time) {
	if !w.rec.on {
		return
	}
	said := map[string]any{}
	if ev != nil {
		if u, err := ev.Profile(); err == nil && u != nil {
			said = u.Traits
		}
	}
	p := &st.Profile
	changed := map[string]any{}
	for name, value := range p.Traits {
		old, was := before.traits[name]
		if word, told := said[name]; (!was || !same(old, value)) && (!told || !same(word, value)) {
			changed[name] = value
		}
	}
	for name := range before.traits {
		if _, is := p.Traits[name]; !is {
			if word, told := said[name]; !told || word != nil {
				changed[name] = nil
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		one := map[string]any{name: changed[name]}
		w.rec.add(Line{At: now, Profile: p.ID, Kind: Set, Text: "set " + compact(one), Data: one})
	}
	if ev != nil && (ev.Type == "profile.tagged" || ev.Type == "profile.untagged") {
		return
	}
	for _, tag := range p.Tags {
		if !slices.Contains(before.tags, tag) {
			w.rec.add(Line{At: now, Profile: p.ID, Kind: Tagged, Name: tag, Text: "tagged " + tag})
		}
	}
	for _, tag := range before.tags {
		if !slices.Contains(p.Tags, tag) {
			w.rec.add(Line{At: now, Profile: p.ID, Kind: Untagged, Name: tag, Text: "untagged " + tag})
		}
	}
}

// Event applies an event.
func (w *watched) Event(st *journey.State, ev *event.Event, now time.Time, trace string) []journey.Effect {
	before := w.look(st)
	w.rec.notes.begin(ev, now)
	out := w.set.Event(st, ev, now, trace)
	w.tell(st, before, ev, now)
	return out
}

// Fire wakes who is due.
func (w *watched) Fire(st *journey.State, now time.Time) []journey.Effect {
	before := w.look(st)
	w.rec.notes.begin(nil, now)
	out := w.set.Fire(st, now)
	w.tell(st, before, nil, now)
	return out
}

// Refresh brings a profile under the workspace.
func (w *watched) Refresh(st *journey.State, now time.Time) []journey.Effect {
	before := w.look(st)
	w.rec.notes.begin(nil, now)
	out := w.set.Refresh(st, now)
	w.tell(st, before, nil, now)
	return out
}

// Answer goes on with an instance.
func (w *watched) Answer(st *journey.State, instance string, with []journey.Suggestion, now time.Time) []journey.Effect {
	before := w.look(st)
	out := w.set.Answer(st, instance, with, now)
	w.tell(st, before, nil, now)
	return out
}

// Recheck looks a last time.
func (w *watched) Recheck(st *journey.State, c *message.Command, now time.Time) message.Reason {
	return w.set.Recheck(st, c, now)
}
