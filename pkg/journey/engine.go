package journey

import (
	"slices"
	"time"

	"rapport/pkg/event"
)

// The reasons of leaving that the engine itself gives.
const (
	LeftRestarted      = "restarted"       // a new entry replaced it
	LeftLifetime       = "lifetime"        // it lived as long as it may
	LeftVersionGone    = "version gone"    // its step does not exist any more
	LeftVersionChanged = "version changed" // on_change: cancel
	LeftArchived       = "archived"        // its journey was taken out of service
	LeftConverted      = "converted"       // its goal was reached, and ends the walk
	LeftByRule         = "left"            // a leave rule or step that names no reason
	// LeftMerged ends the younger of two instances of one journey and key when two ids turn
	// out to be one person.
	LeftMerged = "merged"
)

// Event applies an event to a profile. The event must not have been applied before. trace
// is the W3C traceparent under which it is applied, kept by instances that enter.
func (s *Set) Event(st *State, ev *event.Event, now time.Time, trace string) []Effect {
	if !st.takes(ev) {
		return nil
	}
	w := walk{set: s, state: st, now: now, trace: trace, born: st.Snapshot == "", past: s.Late(ev, now)}
	if st.Follows() {
		if !w.noted(ev) {
			w.apply(ev)
		}
		return nil
	}
	w.refresh()
	w.changed.profile = w.concerns(ev) || w.changed.profile
	crossed := w.fold(ev)
	w.earn(ev)
	w.changed.types = append(w.changed.types, ev.Type)
	w.follow()
	w.deliver(ev, crossed)
	w.settle()
	return w.done()
}

// Fire wakes everybody and everything of the profile whose time has come at or before now,
// earliest first. A profile whose NextDue lies later is left as it is.
func (s *Set) Fire(st *State, now time.Time) []Effect {
	w := walk{set: s, state: st, now: now}
	w.refresh()
	for {
		due := st.NextDue()
		if due.IsZero() || due.After(now) {
			break
		}
		w.fire(due)
		w.rounds = 0
		w.settle()
	}
	return w.done()
}

// Refresh brings a profile under the set's version of the workspace: instances of changed
// journeys, memberships of changed segments, timers of dates and broadcasts. It changes
// nothing for a profile that is there already.
func (s *Set) Refresh(st *State, now time.Time) []Effect {
	w := walk{set: s, state: st, now: now}
	w.refresh()
	w.settle()
	return w.done()
}

// Answer goes on with an instance that asked for suggestions. An instance that is no
// longer there, or asks no more, changes nothing.
func (s *Set) Answer(st *State, instance string, suggestions []Suggestion, now time.Time) []Effect {
	w := walk{set: s, state: st, now: now}
	i := st.index(instance)
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
			next = p.nodes[n].otherwise()
		}
	} else {
		in.Suggestions = suggestions[:min(len(suggestions), r.Max)]
	}
	w.due = in.Owed
	w.run(instance, p, next)
	w.due = time.Time{}
	w.settle()
	return w.done()
}

// Postpone lets an instance that nobody answered ask again at a later time.
func (s *Set) Postpone(st *State, instance string, until time.Time) {
	if i := st.index(instance); i >= 0 {
		st.Instances[i].Due = until
	}
}

// walk carries what one input does to one profile.
type walk struct {
	set     *Set
	state   *State
	now     time.Time
	event   *event.Event // nil on a timer
	trace   string
	past    bool      // the event is late, or told as of the past
	due     time.Time // when what is happening should have happened; zero: now
	effects []Effect
	asks    []Effect
	ended   bool

	// sorted is when segments were to be asked again, while what follows from their answers
	// is done, and came the journeys whose date or broadcast has come already.
	sorted time.Time
	came   []string

	refreshing bool
	born       bool // the profile is new, and no segment has been asked about it

	// changed is what segments have not been asked about yet, and joined which memberships
	// changed that nobody has heard of yet.
	changed struct {
		types   []string // of events in whose history there is one more
		profile bool
	}
	joined []*event.Event
	moved  bool // a membership changed since the timers were last set
	rounds int
}

func (w *walk) effect(e Effect) { w.effects = append(w.effects, e) }

// done tidies up after the last effect. Questions come last: their answers go on from the state after everything
// else, and whoever tells effects as they are listed and answers on the way tells them in the order of their happening.
func (w *walk) done() []Effect {
	if w.ended {
		w.state.tidy()
	}
	return append(w.effects, w.asks...)
}

// maxRounds bounds a chain of steps that change segments whose journeys have steps that
// change segments.
const maxRounds = 16

// settle lets journeys hear of changes of segments, also those that follow from what they
// do about them.
func (w *walk) settle() {
	for ; w.rounds < maxRounds; w.rounds++ {
		w.follow()
		if len(w.joined) == 0 {
			return
		}
		heard := w.joined
		w.joined = nil
		for _, ev := range heard {
			w.deliver(ev, nil)
		}
	}
	w.joined = nil
}

// deliver tells an event to those whom it may concern: goals, those inside, those outside.
// crossed are the journeys whose threshold it made a prediction cross.
func (w *walk) deliver(ev *event.Event, crossed []*program) {
	w.event = ev
	w.pursue()
	w.leave()
	w.hear()
	if !w.past {
		w.reconsider()
	}
	if w.state.Profile.Known {
		for _, list := range [2][]*program{w.set.entries[ev.Type], crossed} {
			for _, p := range list {
				if w.past {
					w.refused(p, "", RefusedLate)
				} else {
					w.enter(p, ev, w.trace)
				}
			}
		}
	}
	w.event = nil
}

// place finds an instance's program and node.
func (w *walk) place(in *Instance) (*program, int) {
	p := w.set.program(in)
	if p == nil {
		return nil, end
	}
	n, ok := p.byID[in.Step]
	if !ok {
		return p, end
	}
	return p, n
}

// inside lists the instances that are there now, oldest first: what happens to one may
// end others, or begin some.
func (w *walk) inside(concerned func(p *program) bool) []string {
	var ids []string
	for i := range w.state.Instances {
		if p := w.set.program(&w.state.Instances[i]); p != nil && concerned(p) {
			ids = append(ids, w.state.Instances[i].ID)
		}
	}
	return ids
}

func (w *walk) hearing(p *program) bool { return p.always || p.hears[w.event.Type] }

// leave ends the instances whose rules say so.
func (w *walk) leave() {
	for _, id := range w.inside(w.hearing) {
		if i := w.state.index(id); i >= 0 {
			p := w.set.program(&w.state.Instances[i])
			if reason := w.leaving(p, &w.state.Instances[i]); reason != "" {
				w.depart(id, reason)
			}
		}
	}
}

// leaving asks the rules of leaving, of which those without an event are asked always, and
// notes when their answer could change.
func (w *walk) leaving(p *program, in *Instance) string {
	in.Check = time.Time{}
	for k, r := range p.def.Leave {
		if r.On != "" && (w.event == nil || r.On != w.event.Type || w.earlier(in.At)) {
			continue
		}
		scope := w.scope(in)
		if w.holds(r.If, scope, place{in: in, where: "leave", number: k + 1}) {
			if r.As == "" {
				return LeftByRule
			}
			return r.As
		}
		if r.On == "" {
			in.Check = earlier(in.Check, scope.NextChange())
		}
	}
	return ""
}

// depart takes an instance out by a rule: what it decided and what is not sent yet is not
// to be sent any more.
func (w *walk) depart(id, reason string) {
	i := w.state.index(id)
	if len(w.state.Instances[i].Sent) > 0 {
		gone := slices.DeleteFunc(w.state.Gone, func(d Departed) bool { return w.now.Sub(d.At) > goneFor })
		w.state.Gone = last(append(gone, Departed{Instance: id, At: w.now}), maxGone)
	}
	w.end(id, false, reason)
}

// end takes the instance out of the state.
func (w *walk) end(id string, finished bool, reason string) {
	i := w.state.index(id)
	in := w.state.Instances[i]
	w.state.Instances = slices.Delete(w.state.Instances, i, i+1)
	w.ended = true
	w.recall(&in)
	w.effect(Ended{
		Instance: in.ID, Journey: in.Journey, Version: in.Version, Step: in.Step,
		Finished: finished, Reason: reason, Ghost: in.Ghost, At: w.now,
	})
}
