package journey

import (
	"encoding/binary"
	"encoding/hex"
	"slices"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// enter begins an instance when the event enters the journey and its rules allow.
func (w *walk) enter(p *program, ev *event.Event, trace string) {
	e := &p.def.Enter
	if e.Segment != nil && !segmentIs(ev, e.Segment.Segment) {
		return
	}
	scope := NewScope(w.now, &w.state.Profile, ev, nil, nil)
	if !w.holds(e.If, scope, place{p: p, where: "enter"}) {
		w.hold(p, ev, trace)
		return
	}
	w.begin(p, ev, scope, trace)
}

// hold keeps an event whose condition did not hold, to be asked again for a while.
func (w *walk) hold(p *program, ev *event.Event, trace string) {
	if p.def.Enter.Grace <= 0 || !w.now.Before(ev.Time.Add(p.def.Enter.Grace)) {
		return
	}
	again := slices.ContainsFunc(w.state.Held, func(h Held) bool {
		return h.Journey == p.def.Name && h.ID == ev.ID && h.Source == ev.Source
	})
	if !again {
		w.state.Held = last(append(w.state.Held, Held{
			Journey: p.def.Name, Source: ev.Source, ID: ev.ID, Type: ev.Type, At: ev.Time,
			Data: ev.Trimmed(maxTriggerLines), Trace: trace, Until: ev.Time.Add(p.def.Enter.Grace),
		}), maxHeld)
	}
}

// reconsider asks again whether the events that are held enter, now that something else
// has happened.
func (w *walk) reconsider() {
	if len(w.state.Held) == 0 {
		return
	}
	held := w.state.Held
	w.state.Held = nil
	for _, h := range held {
		p := w.set.byName[h.Journey]
		if p == nil || p.def.Status != Active || !w.now.Before(h.Until) {
			continue
		}
		ev := &event.Event{ID: h.ID, Source: h.Source, Type: h.Type, Subject: w.state.Profile.ID, Time: h.At, Data: h.Data}
		scope := NewScope(w.now, &w.state.Profile, ev, nil, nil)
		if !w.holds(p.def.Enter.If, scope, place{p: p, where: "enter"}) {
			w.state.Held = append(w.state.Held, h)
			continue
		}
		w.begin(p, ev, scope, h.Trace)
	}
}

// begin starts an instance unless one with its key has been there, or is there.
func (w *walk) begin(p *program, ev *event.Event, scope *Scope, trace string) {
	d := p.def
	key := ""
	if d.Enter.Key != nil {
		var err error
		if key, err = d.Enter.Key.Text(scope); err != nil {
			return
		}
	}
	if at, ok := w.state.lastEntry(d.Name, key); ok && !d.Enter.Again.Always {
		if d.Enter.Again.After == 0 || w.now.Before(at.Add(d.Enter.Again.After)) {
			w.refused(p, key, RefusedAgain)
			return
		}
	}
	if i := w.state.running(d.Name, key); i >= 0 {
		switch d.Enter.Meanwhile {
		case Restart:
			w.depart(w.state.Instances[i].ID, LeftRestarted)
		case Parallel:
		default:
			w.refused(p, key, RefusedMeanwhile)
			return
		}
	}
	if len(w.state.Instances) >= maxInside {
		w.refused(p, key, RefusedFull)
		return
	}
	id := message.Hash("instance", d.Name, w.state.Profile.ID, key, ev.UID())
	if w.state.index(id) >= 0 {
		return
	}
	if !d.Enter.Again.Always {
		w.state.noteEntry(d.Name, key, w.now)
	}
	if w.state.trigger(ev.UID()) == nil {
		w.state.Triggers = append(w.state.Triggers, newTrigger(ev, trace))
	}
	ghost := d.Holdout > 0 && Fraction("holdout", d.Name, w.state.Profile.ID) < d.Holdout
	w.state.Instances = append(w.state.Instances, Instance{
		ID: id, Journey: d.Name, Version: d.Version, Key: key, At: w.now, Trigger: ev.UID(), Ghost: ghost,
	})
	w.effect(Entered{Instance: id, Journey: d.Name, Version: d.Version, Ghost: ghost, At: w.now})
	w.pursuit(id, d, ghost)
	if w.standing(id, p) {
		w.run(id, p, p.start())
	}
}

// standing asks the rules of leaving that go by no event: somebody who would leave at once
// gets nothing. It reports whether the instance stays.
func (w *walk) standing(id string, p *program) bool {
	if !p.always || len(p.def.Leave) == 0 {
		return true
	}
	ev := w.event
	w.event = nil
	reason := w.leaving(p, &w.state.Instances[w.state.index(id)])
	w.event = ev
	if reason != "" {
		w.depart(id, reason)
	}
	return reason == ""
}

// Fraction is a number in [0, 1) that a hash draws from the parts: the same forever, spread
// evenly over profiles. Holdouts, splits and broadcasts that are spread over time use it.
func Fraction(parts ...string) float64 {
	var b [8]byte
	if _, err := hex.Decode(b[:], []byte(message.Hash(parts...)[:16])); err != nil {
		return 0 // A hash is hexadecimal.
	}
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}
