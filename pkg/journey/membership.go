package journey

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// Segments are groups that people belong to for as long as a condition holds. Membership
// is kept in the profile, changes when an event or a step changes what the condition reads,
// and changes by itself when time does: a condition that looked at the clock says when its
// answer could next be another one, and a timer asks again.

// follow lets what depends on the profile follow what has changed about it: segments
// first, then the timers of dates and broadcasts, which ask for traits and segments.
func (w *walk) follow() {
	profile := w.changed.profile
	types := w.changed.types
	if len(w.set.segments) > 0 && (profile || w.born || len(types) > 0) {
		w.sort(func(i int) bool {
			heard := func(typ string) bool { return slices.Contains(w.set.sortedOn[typ], i) }
			return w.born || (profile && w.set.segments[i].Reads.Profile) || slices.ContainsFunc(types, heard)
		}, false)
	}
	order := func(typ string) bool { return strings.HasPrefix(typ, "order.") }
	if profile || w.born || w.moved || slices.ContainsFunc(types, order) {
		w.appoint() // A date may be that of the first order.
	}
	w.changed.profile, w.changed.types, w.born, w.moved = false, types[:0], false, false
}

// sort asks the concerned segments, and those that ask for segments that changed, whether
// the profile is a member. With fill, nobody hears of the changes.
func (w *walk) sort(concerned func(i int) bool, fill bool) {
	var moved []string
	for i, g := range w.set.segments {
		again := slices.ContainsFunc(g.Reads.Segments, func(name string) bool { return slices.Contains(moved, name) })
		if !again && !concerned(i) {
			continue
		}
		scope := NewScope(w.now, &w.state.Profile, nil, nil, nil)
		member := w.holds(g.If, scope, place{where: "segment", step: g.Name})
		w.noteSorting(g, scope.NextChange())
		if w.member(g, member, fill) {
			moved = append(moved, g.Name)
		}
	}
}

// member makes the profile a member or not, and reports whether that is a change.
func (w *walk) member(g *Segment, is, fill bool) bool {
	prof := &w.state.Profile
	at := slices.IndexFunc(prof.Segments, func(m profile.Membership) bool { return m.Name == g.Name })
	if is == (at >= 0) {
		return false
	}
	typ, what := SegmentEntered, "segment/"+g.Name
	again := 0
	if is {
		again = w.flips(g.Name, false)
		prof.Segments = append(prof.Segments, profile.Membership{Name: g.Name, Since: w.now})
	} else {
		typ = SegmentLeft
		again = w.flips(g.Name, prof.Segments[at].Since.Equal(w.now))
		prof.Segments = slices.Delete(prof.Segments, at, at+1)
	}
	heard := !fill && (w.set.hearsSegment(typ, g.Name) || w.attentive())
	w.effect(Joined{Segment: g.Name, Left: !is, Filled: fill, Heard: heard, At: w.now, Again: again})
	w.moved = true
	if heard {
		if again > 0 {
			what += "/" + strconv.Itoa(again)
		}
		w.joined = append(w.joined, made(prof.ID, typ, what, w.now, map[string]any{"segment": g.Name}))
	}
	return true
}

// attentive reports whether the profile is inside a journey that has a rule or a wait
// which goes by no event, and is to be asked whenever something changes.
func (w *walk) attentive() bool {
	return slices.ContainsFunc(w.state.Instances, func(in Instance) bool {
		p := w.set.program(&in)
		return p != nil && p.always
	})
}

// flips is how often the profile has left the segment at this very instant right after it
// entered; one counts another time. Events of one batch are dealt with at one instant.
func (w *walk) flips(segment string, one bool) int {
	s := w.sorting(segment)
	if at := w.now.UnixNano(); s.Flipped != at {
		if !one {
			return 0
		}
		s.Flipped, s.Flips = at, 0
	}
	if one {
		s.Flips++
	}
	return s.Flips
}

func (w *walk) noteSorting(g *Segment, next time.Time) {
	if s := w.sorting(g.Name); s != nil {
		s.Version, s.Next = g.Version, next
		return
	}
	w.state.Sorted = append(w.state.Sorted, Sorting{Segment: g.Name, Version: g.Version, Next: next})
}

// fill sorts the profile by the segments that are new or have changed, in silence: what
// changed is the segment, and nothing happened to the person. Others keep what they know.
// Segments that are gone are forgotten.
func (w *walk) fill() {
	known := func(name string) *Segment {
		for _, g := range w.set.segments {
			if g.Name == name {
				return g
			}
		}
		return nil
	}
	w.state.Sorted = slices.DeleteFunc(w.state.Sorted, func(s Sorting) bool { return known(s.Segment) == nil })
	w.state.Profile.Segments = slices.DeleteFunc(w.state.Profile.Segments, func(m profile.Membership) bool {
		gone := known(m.Name) == nil
		if gone {
			w.effect(Joined{Segment: m.Name, Left: true, Filled: true, At: w.now})
		}
		return gone
	})
	w.sort(func(i int) bool {
		g := w.set.segments[i]
		return !slices.ContainsFunc(w.state.Sorted, func(s Sorting) bool { return s.Segment == g.Name && s.Version == g.Version })
	}, true)
}

// segmentIs reports whether the event is about the segment.
func segmentIs(ev *event.Event, segment string) bool {
	return ev.Source == event.EngineSource && property(properties(ev.Data), "segment", "", "", time.Time{}) == segment
}
