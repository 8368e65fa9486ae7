package journey

import (
	"slices"
	"strconv"
	"time"

	"rapport/pkg/schedule"
)

// zone is the profile's, or the likeliest of those its phone and country leave.
func (w *walk) zone() *time.Location {
	prof := &w.state.Profile
	shop := w.set.config.Zone
	if shop == nil {
		shop = time.UTC
	}
	return schedule.Zones(prof.Trait("timezone"), prof.Trait("phone"), prof.Trait("country"), shop)[0]
}

// appoint sets the timers of journeys that dates and broadcasts enter, by what is known of
// the profile now.
func (w *walk) appoint() {
	if len(w.set.starting) == 0 && len(w.state.Starts) == 0 {
		return
	}
	w.state.Starts = slices.DeleteFunc(w.state.Starts, func(s Start) bool {
		return !slices.ContainsFunc(w.set.starting, func(p *program) bool { return p.def.Name == s.Journey })
	})
	if !w.state.Profile.Known {
		return
	}
	after := w.now
	if w.fresh() {
		after = w.set.config.Since
	}
	for _, p := range w.set.starting {
		w.appointment(p, after)
	}
}

// appointment sets one timer. What is past when the journey first meets the profile stays
// past: it counts from when the workspace came into force or the profile became known,
// whichever is later. What came due before the workspace did comes still; what comes due
// after it goes by the workspace. Segments come first of what is due at one instant: who
// becomes one of the audience by time at the very time of the broadcast gets it.
func (w *walk) appointment(p *program, after time.Time) {
	i := slices.IndexFunc(w.state.Starts, func(s Start) bool { return s.Journey == p.def.Name })
	if i < 0 {
		if !w.sorted.IsZero() && !slices.Contains(w.came, p.def.Name) {
			after = w.sorted.Add(-1)
		}
		i = len(w.state.Starts)
		w.state.Starts = append(w.state.Starts, Start{Journey: p.def.Name, After: after})
	}
	s := &w.state.Starts[i]
	if !s.At.IsZero() && !s.At.After(w.now) && (!w.fresh() || s.At.Before(after)) {
		return // It is due and comes next.
	}
	if s.After.After(after) {
		after = s.After
	}
	s.At, s.Reading = w.occurrence(p, after, s.Passed)
	if s.At.IsZero() && (s.Passed == 0 || w.now.Sub(s.After) > farthest) {
		// Not a member, or no such date, now: what falls in the meantime is not made up for.
		w.state.Starts = slices.Delete(w.state.Starts, i, i+1)
	}
}

// farthest is more than any two zones are apart.
const farthest = 48 * time.Hour

// fresh reports whether the profile is being brought under a workspace that came into
// force a while ago, and was there before.
func (w *walk) fresh() bool {
	since := w.set.config.Since
	return w.refreshing && !since.IsZero() && since.Before(w.now) && w.state.Profile.Since.Before(since)
}

// occurrence is the first time after another at which the journey enters the profile, and
// what local clocks read then, where it goes by them: later than passed. The zero time is
// none.
func (w *walk) occurrence(p *program, after time.Time, passed int64) (at time.Time, read int64) {
	e := &p.def.Enter
	if e.Date == nil {
		if b := e.Broadcast; b.Audience == "" || w.state.Profile.In(b.Audience) {
			return w.spread(p, b, after, passed)
		}
		return time.Time{}, 0
	}
	v, err := e.Date.Of.Value(NewScope(w.now, &w.state.Profile, nil, nil, nil))
	if err != nil {
		return time.Time{}, 0
	}
	_, month, day, ok := schedule.ParseDate(v)
	if !ok {
		return time.Time{}, 0
	}
	zone, offset := w.zone(), time.Duration(e.Date.Offset)*24*time.Hour
	at = schedule.Annual(month, day, e.Date.At, offset, after, zone)
	if reading(at, zone) <= passed {
		at = schedule.Annual(month, day, e.Date.At, offset, at, zone)
	}
	return at, reading(at, zone)
}

// reading is what clocks in a zone read at a time, as a number that grows.
func reading(at time.Time, zone *time.Location) int64 {
	_, offset := at.In(zone).Zone()
	return at.Unix() + int64(offset)
}

// spread is when a broadcast comes to the profile: at its time, and a share of Over later.
// The share is drawn for each broadcast anew, so that nobody is always the last.
func (w *walk) spread(p *program, b *Broadcast, after time.Time, passed int64) (late time.Time, read int64) {
	zone := w.set.config.Zone
	if zone == nil {
		zone = time.UTC
	}
	if b.Local {
		zone = w.zone()
	}
	comes := func(at time.Time) bool {
		late = at.Add(w.share(p, b, at, w.state.Profile.ID))
		if b.Local {
			read = reading(at, zone)
		}
		return late.After(after) && (!b.Local || read > passed)
	}
	if b.Cron == nil {
		at := b.At
		if b.Local {
			y, m, d := at.Date()
			at = time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, zone)
		}
		if comes(at) {
			return late, read
		}
		return time.Time{}, 0
	}
	// An occurrence before after may come to this profile only later.
	for at, ok := b.Cron.Next(after.Add(-b.Over), zone); ok; at, ok = b.Cron.Next(at, zone) {
		if comes(at) {
			return late, read
		}
	}
	return time.Time{}, 0
}

func (w *walk) share(p *program, b *Broadcast, at time.Time, id string) time.Duration {
	if b.Over <= 0 {
		return 0
	}
	return schedule.Spread(b.Over, Fraction("spread", p.def.Name, strconv.FormatInt(at.Unix(), 10), id))
}

// start enters the profile whose journey's time has come, and sets the next one. What is
// later than the journey's messages may be is left out, and the latest that was missed and
// is not so late comes in its place.
func (w *walk) start(i int) {
	s := w.state.Starts[i]
	p := w.set.byName[s.Journey]
	if p == nil || p.def.Status != Active {
		w.state.Starts = slices.Delete(w.state.Starts, i, i+1)
		return
	}
	late := w.now.Sub(s.At) > p.def.lateness()
	next := Start{Journey: s.Journey, After: w.now, Passed: s.Reading}
	if late {
		next.At, next.Reading, next.After = w.missed(p, &s)
	}
	w.state.Starts[i] = next
	b := p.def.Enter.Broadcast
	switch {
	case late:
		w.refused(p, "", RefusedLate)
	case b != nil && b.Audience != "" && !w.state.Profile.In(b.Audience):
		// They have left it before this, and both is dealt with only now.
	default:
		w.come(p, s.At)
	}
	w.appointment(p, w.now)
}

// come enters the profile at a time that has come.
func (w *walk) come(p *program, at time.Time) {
	typ := ScheduleReached
	if p.def.Enter.Date != nil {
		typ = DateReached
	}
	ev := made(w.state.Profile.ID, typ, "start/"+p.def.Name, at, map[string]any{"journey": p.def.Name, "at": at.UTC()})
	w.came = append(w.came, p.def.Name)
	w.event, w.due = ev, at
	w.enter(p, ev, "")
	w.event, w.due = nil, time.Time{}
}

// missed is the latest occurrence since one that is too late which is due and not too late.
// after is the time up to which all are dealt with then.
func (w *walk) missed(p *program, s *Start) (at time.Time, read int64, after time.Time) {
	after = w.now
	from, passed := w.now.Add(-p.def.lateness()-1), s.Reading
	for {
		next, r := w.occurrence(p, from, passed)
		if next.IsZero() || next.After(w.now) {
			return at, read, after
		}
		at, read, after = next, r, from
		from, passed = next, r
	}
}
