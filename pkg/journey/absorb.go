package journey

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rapport/pkg/profile"
)

// admit makes the profile a member, in silence, of what the other id was in and the whole
// belongs to: they entered it before, and were told so.
func (w *walk) admit(others []profile.Membership) {
	prof := &w.state.Profile
	for _, g := range w.set.segments {
		i := slices.IndexFunc(others, func(m profile.Membership) bool { return m.Name == g.Name })
		if i < 0 {
			continue
		}
		if at := slices.IndexFunc(prof.Segments, func(m profile.Membership) bool { return m.Name == g.Name }); at >= 0 {
			if others[i].Since.Before(prof.Segments[at].Since) {
				prof.Segments[at].Since = others[i].Since
			}
			continue
		}
		if w.holds(g.If, NewScope(w.now, prof, nil, nil, nil), place{where: "segment", step: g.Name}) {
			prof.Segments = append(prof.Segments, others[i])
			w.effect(Joined{Segment: g.Name, Filled: true, At: w.now})
		}
	}
}

// move lets instances of another id go on here, and returns which came. Of two that run in one
// journey with one key, the one that entered first goes on, unless the journey lets several run
// beside each other.
func (w *walk) move(others []Instance) (came []string) {
	for _, in := range others {
		if w.state.index(in.ID) >= 0 {
			continue
		}
		twin := -1
		if p := w.set.byName[in.Journey]; p == nil || p.def.Enter.Meanwhile != Parallel {
			twin = w.state.running(in.Journey, in.Key)
		}
		w.state.Instances = append(w.state.Instances, in)
		came = append(came, in.ID)
		if twin >= 0 {
			younger := in.ID
			if compareInstances(in, w.state.Instances[twin]) < 0 {
				younger = w.state.Instances[twin].ID
			}
			w.depart(younger, LeftMerged)
		}
	}
	slices.SortStableFunc(w.state.Instances, compareInstances)
	for len(w.state.Instances) > maxInside {
		w.depart(w.state.Instances[len(w.state.Instances)-1].ID, LeftMerged)
	}
	return came
}

// compareInstances orders by when they entered.
func compareInstances(a, b Instance) int {
	return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
}

// uniteEntries takes in when another id entered a journey: of one key the later counts.
func (s *State) uniteEntries(o *Entries) {
	i := slices.IndexFunc(s.Entries, func(e Entries) bool { return e.Journey == o.Journey })
	if i < 0 {
		s.Entries = append(s.Entries, *o)
		return
	}
	e := &s.Entries[i]
	type entry struct {
		key uint64
		at  int64
	}
	all := make([]entry, 0, len(e.Keys)+len(o.Keys))
	for k := range e.Keys {
		all = append(all, entry{e.Keys[k], e.At[k]})
	}
	for k := range o.Keys {
		if at := slices.Index(e.Keys, o.Keys[k]); at < 0 {
			all = append(all, entry{o.Keys[k], o.At[k]})
		} else {
			all[at].at = max(all[at].at, o.At[k])
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.key, b.key)) })
	all = last(all, maxEntries)
	e.Keys, e.At = make([]uint64, len(all)), make([]int64, len(all))
	for k := range all {
		e.Keys[k], e.At[k] = all[k].key, all[k].at
	}
}

// uniteStart takes in the timer of another id: what either has had, the person has had.
func (w *walk) uniteStart(o Start, id string) {
	i := slices.IndexFunc(w.state.Starts, func(s Start) bool { return s.Journey == o.Journey })
	if i < 0 {
		w.state.Starts = append(w.state.Starts, o)
		return
	}
	s := &w.state.Starts[i]
	s.Passed = max(s.Passed, o.Passed)
	if o.After.After(s.After) {
		s.After = o.After
	}
	if s.At.IsZero() {
		return
	}
	if p := w.set.byName[s.Journey]; p != nil && w.had(p, s.At, &o, id) {
		s.After = s.At
	}
	if !s.At.After(s.After) {
		s.At, s.Reading = time.Time{}, 0 // To be made anew.
	}
}

// had reports whether another id has had the broadcast that is to come at a time, where each
// has its own share of the time over which it is spread.
func (w *walk) had(p *program, at time.Time, o *Start, id string) bool {
	b := p.def.Enter.Broadcast
	if b == nil || b.Over <= 0 || b.Local {
		return false
	}
	base := b.At
	if b.Cron != nil {
		var ok bool
		if base, ok = w.base(p, b, at); !ok {
			return false
		}
	}
	return !base.Add(w.share(p, b, base, id)).After(o.After) && (o.At.IsZero() || o.At.After(o.After))
}

// base is the time of the broadcast of which the profile's share comes at a time.
func (w *walk) base(p *program, b *Broadcast, at time.Time) (time.Time, bool) {
	zone := w.set.config.Zone
	if zone == nil {
		zone = time.UTC
	}
	base, ok := b.Cron.Next(at.Add(-b.Over-1), zone)
	for ok && !base.After(at) {
		if base.Add(w.share(p, b, base, w.state.Profile.ID)).Equal(at) {
			return base, true
		}
		base, ok = b.Cron.Next(base, zone)
	}
	return base, false
}
