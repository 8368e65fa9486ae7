package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// Follows reports whether the profile's id points to another one, for which the engine acts.
func (s *State) Follows() bool { return s.Identity != nil && s.Identity.Into != "" }

// takes reports whether an event is one that the profile takes in: not what ids tell each other,
// and of what another id passes on only what comes of one that points here.
func (s *State) takes(ev *event.Event) bool {
	if strings.HasPrefix(ev.Type, event.Identity) {
		return false
	}
	_, ok := s.Identity.Profile(s.sender(ev))
	return ok
}

// sender is the id that passed an event on; empty: it came to this one.
func (s *State) sender(ev *event.Event) string {
	if ev.Of == s.Profile.ID {
		return ""
	}
	return ev.Of
}

// apply folds an event into the profile, and into the part of the id that it came under.
func (w *walk) apply(ev *event.Event) {
	prof := &w.state.Profile
	stored, _ := w.state.Identity.Profile(w.state.sender(ev))
	if stored == nil {
		prof.Apply(ev)
		return
	}
	anew := w.anew(ev)
	// A part that cannot be read, which only a damaged state has, stays as it is.
	_ = changePart(stored, func(p *profile.Profile) { p.Apply(ev) })
	if !anew || w.state.view() != nil {
		prof.Apply(ev)
	}
}

// anew reports whether an event says what is not joined one by one: consent is a matter of the
// addresses that the parts have.
func (w *walk) anew(ev *event.Event) bool {
	switch ev.Type {
	case event.EmailComplained, event.EmailUnsubscribed:
		return true
	}
	u, err := ev.Profile()
	if err != nil || u == nil {
		return false
	}
	_, mail := u.Traits["email"]
	_, phone := u.Traits["phone"]
	return mail || phone || len(u.Consent) > 0
}

func changePart(stored *[]byte, change func(*profile.Profile)) error {
	p, err := profile.Decode(*stored)
	if err != nil {
		return err
	}
	change(p)
	b, err := profile.Encode(p)
	if err != nil {
		return err
	}
	*stored = b
	return nil
}

// setTier sets the tier that the programme says, in the id's own part too.
func (w *walk) setTier(name string) {
	set := func(p *profile.Profile) { p.Loyalty.Tier, p.Loyalty.TierAt = name, w.now }
	set(&w.state.Profile)
	if stored, _ := w.state.Identity.Profile(""); stored != nil {
		_ = changePart(stored, set) // As above.
	}
}

// view makes the profile of its parts, where there are others than its own.
func (s *State) view() error {
	stored := s.Identity.Profiles()
	if len(stored) == 0 {
		return nil
	}
	parts := make([]*profile.Profile, len(stored))
	for i, b := range stored {
		var err error
		if parts[i], err = profile.Decode(b); err != nil {
			return fmt.Errorf("part %d of %s: %w", i+1, s.Profile.ID, err)
		}
	}
	segments := s.Profile.Segments
	s.Profile = *profile.Join(s.Profile.ID, parts...)
	s.Profile.Segments = segments
	return nil
}

// Yield takes the engine's state out of a profile that points to another one from now on, to be
// taken in there by Absorb. What is left is the profile, which is in no segments any more; that
// is what the effects say. The state that moves has of the person only the id and the segments;
// it is nil when there is nothing to move.
func (s *Set) Yield(st *State, now time.Time) (*State, []Effect) {
	moved := *st
	moved.Profile = profile.Profile{ID: st.Profile.ID, Since: st.Profile.Since, Segments: st.Profile.Segments}
	moved.Identity = nil
	*st = State{Profile: st.Profile, Identity: st.Identity, Snapshot: s.Version()}
	st.Profile.Segments = nil
	var effects []Effect
	for _, m := range moved.Profile.Segments {
		effects = append(effects, Joined{Segment: m.Name, Left: true, Filled: true, At: now})
	}
	if len(moved.Profile.Segments) == 0 && len(moved.Instances) == 0 && len(moved.Entries) == 0 && moved.Log == nil &&
		len(moved.Goals) == 0 && len(moved.Starts) == 0 && len(moved.Gone) == 0 && len(moved.Held) == 0 {
		return nil, effects
	}
	return &moved, effects
}

// Resume brings a profile back under the engine whose id followed another one and does so no
// longer: in silence, as it is brought under a new workspace.
func (s *Set) Resume(st *State, now time.Time) []Effect {
	st.Snapshot = ""
	return s.Refresh(st, now)
}

// View makes the profile of an id anew that others point to, after its parts have changed, and
// lets segments follow it.
func (s *Set) View(st *State, now time.Time) ([]Effect, error) { return s.Absorb(st, nil, now) }

// Absorb is View where another id, which points to this one now, has given up the engine's state
// of its own as well (Yield; nil: it had none). The state is used up. Of an id that points on
// itself only the profile is made anew: the engine's state is to be passed on.
func (s *Set) Absorb(st, from *State, now time.Time) ([]Effect, error) {
	if err := st.view(); err != nil {
		return nil, fmt.Errorf("join what is known of one person: %w", err)
	}
	st.Identity.Alone()
	if st.Follows() {
		return nil, nil
	}
	w := walk{set: s, state: st, now: now, born: st.Snapshot == ""}
	w.refresh()
	if from != nil {
		w.absorb(from)
	}
	if tier, had := w.tiers(); tier >= 0 && tier != had {
		w.setTier(s.config.Loyalty.Tiers[tier].Name) // In silence: nothing was done for it.
	}
	w.sort(func(int) bool { return true }, false)
	w.moved = true
	w.reconsiderAll()
	w.settle()
	return w.done(), nil
}

// reconsiderAll asks those inside whatever goes by no event.
func (w *walk) reconsiderAll() {
	for _, id := range w.inside(func(p *program) bool { return p.always }) {
		i := w.state.index(id)
		if i < 0 {
			continue
		}
		in := &w.state.Instances[i]
		p, n := w.place(in)
		if n == end || w.over(in, p) || in.Heard != 0 {
			continue
		}
		if wait := p.nodes[n].step.Wait; wait != nil && wait.Until != nil && w.until(in, &p.nodes[n]) {
			w.take(in, p, n, len(wait.Events)+1)
		}
	}
}

// absorb takes in the engine's state of another id, by the rules of the package comment.
func (w *walk) absorb(from *State) {
	w.admit(from.Profile.Segments)
	st := w.state
	for i := range from.Entries {
		st.uniteEntries(&from.Entries[i])
	}
	if from.Log != nil {
		if st.Log == nil {
			st.Log = from.Log
		} else {
			st.Log.Join(from.Log)
		}
	}
	for _, t := range from.Triggers {
		if st.trigger(t.UID) == nil {
			st.Triggers = append(st.Triggers, t)
		}
	}
	st.Goals = last(join(st.Goals, from.Goals, func(g Pursuit) string { return g.Instance }, nil), maxGoals)
	st.Gone = last(join(st.Gone, from.Gone, func(d Departed) string { return d.Instance }, func(a, b Departed) int { return a.At.Compare(b.At) }), maxGone)
	st.Held = last(join(st.Held, from.Held, func(h Held) string { return h.Journey + "\x00" + h.Source + "\x00" + h.ID },
		func(a, b Held) int { return a.At.Compare(b.At) }), maxHeld)
	for _, s := range from.Starts {
		w.uniteStart(s, from.Profile.ID)
	}
	came := w.move(from.Instances)
	if from.Snapshot != w.set.Version() {
		for _, id := range came {
			w.renew(id)
		}
	}
	w.ended = true // Or triggers would stay of whom nobody is inside any more.
}

// join appends what is not there yet, by its key, and sorts; nil: as they come.
func join[T any](list, more []T, key func(T) string, compare func(a, b T) int) []T {
	for _, x := range more {
		if !slices.ContainsFunc(list, func(y T) bool { return key(x) == key(y) }) {
			list = append(list, x)
		}
	}
	if compare != nil {
		slices.SortStableFunc(list, compare)
	}
	return list
}
