package explain

import (
	"errors"
	"fmt"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/rehearsal"
)

// Replay is a person's past, run again.
type Replay struct {
	in      Input
	moments []Moment
	missing []Recorded
	state   *journey.State // at the end; nil: nothing is known of the person
}

// Run replays everything.
func Run(in Input) (*Replay, error) {
	if len(in.Phases) == 0 {
		return nil, errors.New("explain: there is no workspace version to replay with")
	}
	r := &record{in: &in, used: map[string]bool{}, rests: map[string]rest{}}
	sets := make([]*journey.Set, len(in.Phases))
	for i, p := range in.Phases {
		set, err := journey.NewSet(p.Config)
		if err != nil {
			return nil, fmt.Errorf("lay out workspace version %s: %w", p.Config.Version, err)
		}
		sets[i] = set.Observed(r)
	}
	stage, err := rehearsal.New(rehearsal.Options{
		Engine: sets[0], Sink: r, Suggest: rehearsal.Func(r.suggest),
		// What became of messages is among the events.
		Deliver: func(*message.Command) rehearsal.Delivery { return rehearsal.Delivery{} },
	})
	if err != nil {
		return nil, err
	}
	d := driver{in: &in, stage: stage, record: r, sets: sets, next: 1}
	if err := d.run(); err != nil {
		return nil, err
	}
	out := &Replay{in: in, moments: r.moments, state: stage.State(in.Profile)}
	for _, m := range in.Recorded {
		if !r.used[m.ID] && (in.Until.IsZero() || !m.DecidedAt.After(in.Until)) {
			out.missing = append(out.missing, m)
		}
	}
	return out, nil
}

// driver gives a stage one input at a time, so that what is observed belongs to it.
type driver struct {
	in     *Input
	stage  *rehearsal.Stage
	record *record
	sets   []*journey.Set
	next   int // phase
}

func (d *driver) run() error {
	for _, ev := range d.in.Events {
		if !d.in.Until.IsZero() && ev.Time.After(d.in.Until) {
			break
		}
		if err := d.to(ev.Time, false); err != nil {
			return err
		}
		d.record.begin(Moment{At: ev.Time, Cause: ev.Type, Event: ev.UID(), Trace: d.in.Traces[ev.UID()]})
		err := d.stage.Event(ev)
		d.record.end(d.stage.State(d.in.Profile))
		if err != nil {
			return err
		}
	}
	end := d.in.Until
	if end.IsZero() {
		end = d.stage.Now()
	}
	return d.to(end, true)
}

// to runs time on, timer by timer and phase by phase: before a time, or with inclusive at
// it too. What is due when a workspace comes into force is done before it does.
func (d *driver) to(t time.Time, inclusive bool) error {
	before := func(at time.Time, at2 bool) bool { return !at.IsZero() && (at.Before(t) || at2 && at.Equal(t)) }
	for {
		due := d.stage.NextDue()
		var change time.Time
		if d.next < len(d.sets) {
			change = d.in.Phases[d.next].From
		}
		timer, phase := before(due, inclusive), before(change, true)
		if timer && phase {
			timer, phase = !change.Before(due), change.Before(due)
		}
		switch {
		case timer:
			d.record.begin(Moment{At: due, Cause: "timer"})
			err := d.stage.Until(due)
			d.record.end(d.stage.State(d.in.Profile))
			if err != nil {
				return err
			}
		case phase:
			set := d.sets[d.next]
			d.next++
			d.record.begin(Moment{At: change, Cause: "workspace", Event: set.Version()})
			err := d.stage.Change(set, change)
			d.record.end(d.stage.State(d.in.Profile))
			if err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// suggest answers a recommend step as its instance really went on: with as many products as
// it needs when it decided a message elsewhere than in what it does without any. Which
// products they were is not recorded.
func (r *record) suggest(_ string, q journey.Query) []journey.Suggestion {
	if !r.went() {
		return nil
	}
	list := make([]journey.Suggestion, max(q.Min, 1))
	for i := range list {
		list[i] = journey.Suggestion{ID: fmt.Sprintf("not-recorded-%d", i+1), Name: "(not recorded)"}
	}
	return list
}

// went reports whether the instance that asks was given enough. A live run enters some
// journeys at the time at which it looks, under another id than the replay: there, what the
// journey decided within a day counts.
func (r *record) went() bool {
	later := r.beyond()
	for _, m := range r.in.Recorded {
		near := m.Journey == r.asking.Journey && !m.DecidedAt.Before(r.now.At) && m.DecidedAt.Sub(r.now.At) < nearby
		if (m.Instance == r.asking.Instance || near) && later[m.Step] {
			return true
		}
	}
	return false
}

// beyond are the steps that stand after the asking one, without those that it takes for
// want of suggestions.
func (r *record) beyond() map[string]bool {
	d := r.definition(r.asking.Journey, r.asking.Version)
	if d == nil {
		return nil
	}
	steps := map[string]bool{}
	passed := false
	journey.Walk(d.Steps, func(s *journey.Step) {
		steps[s.ID] = passed
		passed = passed || s.ID == r.asking.Step
	})
	journey.Walk(d.Steps, func(s *journey.Step) {
		if s.ID == r.asking.Step && s.Recommend != nil {
			journey.Walk(s.Recommend.Otherwise, func(s *journey.Step) { steps[s.ID] = false })
		}
	})
	return steps
}

// definition is one version of a journey, of whatever phase.
func (r *record) definition(name, version string) *journey.Definition {
	for _, p := range r.in.Phases {
		for _, list := range [][]*journey.Definition{p.Config.Journeys, p.Config.Old} {
			for _, d := range list {
				if d.Name == name && d.Version == version {
					return d
				}
			}
		}
	}
	return nil
}

// engine reports whether an event is one that the engine makes again by itself.
func engine(ev *event.Event) bool { return ev.Source == event.EngineSource }

// Own leaves out the events that the engine makes, which come out of a replay by themselves.
func Own(events []*event.Event) []*event.Event {
	var list []*event.Event
	for _, ev := range events {
		if !engine(ev) {
			list = append(list, ev)
		}
	}
	return list
}
