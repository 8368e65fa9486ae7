package journey

import (
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// The reasons of leaving that the engine itself gives.
const (
	LeftRestarted   = "restarted"    // a new entry replaced it
	LeftLifetime    = "lifetime"     // it lived as long as it may
	LeftVersionGone = "version gone" // its step does not exist any more
	LeftByRule      = "left"         // a leave rule or step that names no reason
)

// Event applies an event to a profile. The event must not have been applied before. trace
// is the W3C traceparent under which it is applied, kept by instances that enter.
func (s *Set) Event(st *State, ev *event.Event, now time.Time, trace string) []Effect {
	st.Profile.Apply(ev)
	w := walk{set: s, state: st, now: now, event: ev}
	w.leave()
	if st.Profile.Known {
		for _, p := range s.programs {
			w.enter(p, trace)
		}
	}
	return w.effects
}

// Fire wakes the instances whose timers are due at or before now, earliest first. A
// profile whose NextDue lies later is left as it is.
func (s *Set) Fire(st *State, now time.Time) []Effect {
	w := walk{set: s, state: st, now: now}
	for {
		i := earliest(st, now)
		if i < 0 {
			return w.effects
		}
		w.wake(i)
	}
}

// earliest is the index of the instance with the earliest timer due by now, or -1.
func earliest(st *State, now time.Time) int {
	best := -1
	for i := range st.Instances {
		d := st.Instances[i].Due
		if d.IsZero() || d.After(now) {
			continue
		}
		if best < 0 || d.Before(st.Instances[best].Due) {
			best = i
		}
	}
	return best
}

// Answer goes on with an instance that asked for suggestions. An instance that is no
// longer there, or asks no more, changes nothing.
func (s *Set) Answer(st *State, instance string, suggestions []Suggestion, now time.Time) []Effect {
	w := walk{set: s, state: st, now: now}
	i := slices.IndexFunc(st.Instances, func(in Instance) bool { return in.ID == instance })
	if i < 0 {
		return nil
	}
	in := &st.Instances[i]
	p, n := w.place(in)
	if n == end || p.nodes[n].step.Recommend == nil {
		return nil
	}
	r := p.nodes[n].step.Recommend
	next := p.nodes[n].next
	if len(suggestions) < r.Min {
		in.Suggestions = nil
		if len(r.Otherwise) > 0 {
			next = p.nodes[n].arms[0]
		}
	} else {
		in.Suggestions = suggestions[:min(len(suggestions), r.Max)]
	}
	w.run(i, p, next)
	return w.effects
}

// Postpone lets an instance that nobody answered ask again at a later time.
func (s *Set) Postpone(st *State, instance string, until time.Time) {
	if i := slices.IndexFunc(st.Instances, func(in Instance) bool { return in.ID == instance }); i >= 0 {
		st.Instances[i].Due = until
	}
}

// walk carries what one input does to one profile.
type walk struct {
	set     *Set
	state   *State
	now     time.Time
	event   *event.Event // nil on a timer
	effects []Effect
}

func (w *walk) scope(in *Instance) *Scope {
	return NewScope(w.now, &w.state.Profile, w.event, &in.Trigger, in.Sent)
}

// holds evaluates a condition; nothing to ask is true. Conditions were checked when the
// file was read; one that still fails on this data does not hold.
func holds(c Condition, s *Scope) bool {
	if c == nil {
		return true
	}
	ok, err := c.Eval(s)
	return err == nil && ok
}

// leave ends the instances whose rules say so.
func (w *walk) leave() {
	for i := 0; i < len(w.state.Instances); {
		in := &w.state.Instances[i]
		reason := ""
		if p := w.set.byName[in.Journey]; p != nil && p.def.Status != Paused {
			reason = w.leaving(p.def.Leave, in)
		}
		if reason == "" {
			i++
			continue
		}
		w.end(i, false, reason)
	}
}

func (w *walk) leaving(rules []LeaveRule, in *Instance) string {
	for _, r := range rules {
		if (r.On == "" || r.On == w.event.Type) && holds(r.If, w.scope(in)) {
			if r.As == "" {
				return LeftByRule
			}
			return r.As
		}
	}
	return ""
}

// enter begins an instance when the event enters the journey and its rules allow.
func (w *walk) enter(p *program, trace string) {
	d := p.def
	if d.Status != Active || d.Enter.On != w.event.Type {
		return
	}
	scope := NewScope(w.now, &w.state.Profile, w.event, nil, nil)
	if !holds(d.Enter.If, scope) {
		return
	}
	key := ""
	if d.Enter.Key != nil {
		var err error
		if key, err = d.Enter.Key.Text(scope); err != nil {
			return
		}
	}
	if at, ok := w.state.lastEntry(d.Name, key); ok && !d.Enter.Again.Always {
		if d.Enter.Again.After == 0 || w.now.Before(at.Add(d.Enter.Again.After)) {
			return
		}
	}
	if i := w.state.running(d.Name, key); i >= 0 {
		switch d.Enter.Meanwhile {
		case Restart:
			w.end(i, false, LeftRestarted)
		case Parallel:
		default:
			return
		}
	}
	in := Instance{
		ID:      message.Hash("instance", d.Name, w.state.Profile.ID, key, w.event.UID()),
		Journey: d.Name, Version: d.Version, Key: key, At: w.now, Trigger: newTrigger(w.event, trace),
	}
	if !d.Enter.Again.Always {
		w.state.noteEntry(d.Name, key, w.now)
	}
	w.state.Instances = append(w.state.Instances, in)
	w.effects = append(w.effects, Entered{Instance: in.ID, Journey: d.Name, Version: d.Version, At: w.now})
	w.run(len(w.state.Instances)-1, p, p.start())
}

// place finds an instance's program and node. A version that is no longer in force goes
// on in the present one, at the step of the same name.
func (w *walk) place(in *Instance) (*program, int) {
	p := w.set.byName[in.Journey]
	if p == nil {
		return nil, end
	}
	n, ok := p.byID[in.Step]
	if !ok {
		return p, end
	}
	return p, n
}

// wake lets the instance at index i walk on from the step it rests on.
func (w *walk) wake(i int) {
	in := &w.state.Instances[i]
	p, n := w.place(in)
	switch {
	case n == end:
		w.end(i, false, LeftVersionGone)
	case !w.now.Before(in.At.Add(p.def.lifetime())):
		w.end(i, false, LeftLifetime)
	case p.def.Status == Paused:
		// It stays where it is and asks again in an hour.
		in.Due = w.now.Add(time.Hour)
	case p.nodes[n].step.Recommend != nil:
		w.run(i, p, n) // It was postponed and asks again.
	default:
		w.run(i, p, p.nodes[n].next)
	}
}

func (d *Definition) lifetime() time.Duration {
	if d.Lifetime > 0 {
		return d.Lifetime
	}
	return DefaultLifetime
}

// end takes the instance at index i out of the state.
func (w *walk) end(i int, finished bool, reason string) {
	in := w.state.Instances[i]
	w.state.Instances = slices.Delete(w.state.Instances, i, i+1)
	w.effects = append(w.effects, Ended{
		Instance: in.ID, Journey: in.Journey, Version: in.Version, Step: in.Step,
		Finished: finished, Reason: reason, At: w.now,
	})
}
