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

// went reports whether the instance that asks was given enough.
func (r *record) went() bool {
	for _, m := range r.in.Recorded {
		if m.Instance == r.asking.Instance && !r.without(m.Step) {
			return true
		}
	}
	return false
}

// without reports whether a step is one of those that the asking step takes for want of
// suggestions.
func (r *record) without(step string) bool {
	for _, p := range r.in.Phases {
		for _, list := range [][]*journey.Definition{p.Config.Journeys, p.Config.Old} {
			for _, d := range list {
				if d.Name != r.asking.Journey || d.Version != r.asking.Version {
					continue
				}
				if rec := find(d.Steps, r.asking.Step); rec != nil && rec.Recommend != nil {
					return find(rec.Recommend.Otherwise, step) != nil
				}
			}
		}
	}
	return false
}

// find looks a step up by its id, in nested ones too.
func find(steps []journey.Step, id string) *journey.Step {
	for i := range steps {
		s := &steps[i]
		if s.ID == id {
			return s
		}
		for _, block := range blocks(s) {
			if found := find(block, id); found != nil {
				return found
			}
		}
	}
	return nil
}

// blocks are the steps within a step.
func blocks(s *journey.Step) [][]journey.Step {
	var list [][]journey.Step
	switch {
	case s.Wait != nil:
		for _, e := range s.Wait.Events {
			list = append(list, e.Steps)
		}
		list = append(list, s.Wait.Otherwise)
	case s.Recommend != nil:
		list = append(list, s.Recommend.Otherwise)
	case s.Branch != nil:
		for _, c := range s.Branch.Cases {
			list = append(list, c.Steps)
		}
	case s.Split != nil:
		for _, a := range s.Split.Arms {
			list = append(list, a.Steps)
		}
	}
	return list
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
