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
	for _, p := range w.set.starting {
		w.appointment(p)
	}
}

// appointment sets one timer. What is past when the journey first meets the profile stays
// past: it counts from when the workspace came into force or the profile became known,
// whichever is later.
func (w *walk) appointment(p *program) {
	i := slices.IndexFunc(w.state.Starts, func(s Start) bool { return s.Journey == p.def.Name })
	after := w.now
	switch {
	case i >= 0 && !w.state.Starts[i].At.After(w.now) && w.state.Starts[i].After.Before(w.state.Starts[i].At):
		return // It is due and comes next.
	case i >= 0:
	case w.fresh():
		after = w.set.config.Since
	}
	at := w.occurrence(p, after)
	if i < 0 && at.IsZero() {
		return
	}
	if i < 0 {
		w.state.Starts = append(w.state.Starts, Start{Journey: p.def.Name, After: after})
		i = len(w.state.Starts) - 1
	}
	w.state.Starts[i].At = at
	if at.IsZero() {
		// Not a member, or no such date, now: what falls in the meantime is not made up for.
		w.state.Starts = slices.Delete(w.state.Starts, i, i+1)
	}
}

// fresh reports whether the profile is being brought under a workspace that came into
// force a while ago, and was there before.
func (w *walk) fresh() bool {
	since := w.set.config.Since
	return w.refreshing && !since.IsZero() && since.Before(w.now) && w.state.Profile.Since.Before(since)
}

// occurrence is the first time after another at which the journey enters the profile; the
// zero time when there is none.
func (w *walk) occurrence(p *program, after time.Time) time.Time {
	e := &p.def.Enter
	if e.Date != nil {
		scope := NewScope(w.now, &w.state.Profile, nil, nil, nil)
		v, err := e.Date.Of.Value(scope)
		if err != nil {
			return time.Time{}
		}
		_, month, day, ok := schedule.ParseDate(v)
		if !ok {
			return time.Time{}
		}
		return schedule.Annual(month, day, e.Date.At, time.Duration(e.Date.Offset)*24*time.Hour, after, w.zone())
	}
	b := e.Broadcast
	if b.Audience != "" && !w.state.Profile.In(b.Audience) {
		return time.Time{}
	}
	return w.spread(p, b, after)
}

// spread is when a broadcast comes to the profile: at its time, and a share of Over later.
// The share is drawn for each broadcast anew, so that nobody is always the last.
func (w *walk) spread(p *program, b *Broadcast, after time.Time) time.Time {
	zone := w.set.config.Zone
	if zone == nil {
		zone = time.UTC
	}
	if b.Local {
		zone = w.zone()
	}
	if b.Cron == nil {
		at := b.At
		if b.Local {
			y, m, d := at.Date()
			at = time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, zone)
		}
		if at = at.Add(w.share(p, b, at)); !at.After(after) {
			return time.Time{}
		}
		return at
	}
	// An occurrence before after may come to this profile only later.
	from := after.Add(-b.Over)
	for {
		at, ok := b.Cron.Next(from, zone)
		if !ok {
			return time.Time{}
		}
		if late := at.Add(w.share(p, b, at)); late.After(after) {
			return late
		}
		from = at
	}
}

func (w *walk) share(p *program, b *Broadcast, at time.Time) time.Duration {
	if b.Over <= 0 {
		return 0
	}
	return schedule.Spread(b.Over, Fraction("spread", p.def.Name, strconv.FormatInt(at.Unix(), 10), w.state.Profile.ID))
}

// start enters the profile whose journey's time has come, and sets the next one. What is
// later than the journey's messages may be is left out.
func (w *walk) start(i int) {
	s := w.state.Starts[i]
	w.state.Starts[i].After = s.At
	p := w.set.byName[s.Journey]
	if p == nil || p.def.Status != Active {
		w.state.Starts = slices.Delete(w.state.Starts, i, i+1)
		return
	}
	if w.now.Sub(s.At) > p.def.lateness() {
		w.refused(p, "", RefusedLate)
	} else {
		typ, data := ScheduleReached, map[string]any{"journey": s.Journey, "at": s.At.UTC()}
		if p.def.Enter.Date != nil {
			typ = DateReached
		}
		w.due = s.At
		ev := made(w.state.Profile.ID, typ, "start/"+s.Journey, s.At, data)
		w.event = ev
		w.enter(p, ev, "")
		w.event = nil
		w.due = time.Time{}
	}
	if slices.ContainsFunc(w.state.Starts, func(x Start) bool { return x.Journey == s.Journey }) {
		w.appointment(p)
	}
}
