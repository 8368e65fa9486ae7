package backtest

import (
	"errors"
	"fmt"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/rehearsal"
)

// warming is the version under which the time before Since is lived through.
const warming = "before the back-test"

// recordedSource marks events of the engine's from before Since. The engine folds no event
// of its own into a profile, because it has it already; here it has not.
const recordedSource = "recorded"

// Run runs the workspace over the events.
func Run(in Input) (*Report, error) {
	if in.Events == nil {
		return nil, errors.New("backtest: Input.Events is missing")
	}
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	in.Config.Since = in.Since
	set, err := journey.NewSet(in.Config)
	if err != nil {
		return nil, fmt.Errorf("lay out the workspace: %w", err)
	}
	before, err := journey.NewSet(journey.Config{Version: warming, Zone: in.Config.Zone})
	if err != nil {
		return nil, fmt.Errorf("lay out an empty workspace: %w", err)
	}
	t := newTally(&in)
	stage, err := rehearsal.New(rehearsal.Options{Engine: before, Suggest: in.Suggest, Sink: t, Distinct: true})
	if err != nil {
		return nil, err
	}
	r := &run{in: &in, stage: stage, set: set, tally: t}
	if err := r.all(); err != nil {
		return nil, err
	}
	return r.report()
}

// run is one back-test on its way.
type run struct {
	in      *Input
	stage   *rehearsal.Stage
	set     *journey.Set
	tally   *tally
	began   bool
	since   time.Time
	events  int
	warmups int
}

func (r *run) all() error {
	for ev, err := range r.in.Events {
		if err != nil {
			return fmt.Errorf("read the events: %w", err)
		}
		if !r.in.Until.IsZero() && ev.Time.After(r.in.Until) {
			break
		}
		if !r.began && !ev.Time.Before(r.in.Since) {
			if err := r.begin(later(r.in.Since, ev.Time, r.in.Since.IsZero())); err != nil {
				return err
			}
		}
		if err := r.give(ev); err != nil {
			return fmt.Errorf("event %s of %s: %w", ev.UID(), ev.Time.UTC().Format(time.RFC3339), err)
		}
	}
	end := r.in.Until
	if end.IsZero() {
		end = r.stage.Now()
	}
	if !r.began {
		if r.in.Since.After(end) {
			return fmt.Errorf("the back-test begins on %s, and the events end on %s: begin earlier",
				r.in.Since.UTC().Format(time.DateOnly), end.UTC().Format(time.DateOnly))
		}
		if err := r.begin(r.in.Since); err != nil {
			return err
		}
	}
	return r.stage.Until(end)
}

// later is the first event's time where no other beginning is named.
func later(since, first time.Time, open bool) time.Time {
	if open {
		return first
	}
	return since
}

// begin puts the workspace in force.
func (r *run) begin(at time.Time) error {
	r.began, r.since, r.tally.on = true, at, true
	return r.stage.Change(r.set, at)
}

// give gives one event. What the engine and the workers said about their own doings is what
// happened before Since; after it they say it anew, about what they would have done.
func (r *run) give(ev *event.Event) error {
	own := ev.Source == event.EngineSource
	switch {
	case r.began && (own || receipt(ev.Type)):
		return nil
	case r.began:
		r.events++
	default:
		r.warmups++
		if own {
			c := *ev
			c.Source = recordedSource
			ev = &c
		}
	}
	return r.stage.Event(ev)
}

// receipt reports whether an event is a worker's word on a message. What people and
// providers did about a message later happened all the same.
func receipt(typ string) bool {
	return typ == event.MessageSent || typ == event.MessageFailed || typ == event.MessageUncertain || typ == event.MessageSuppressed
}

// Happened is part of rehearsal.Sink: it counts.
func (t *tally) Happened(h rehearsal.Happening) {
	if !t.on {
		return
	}
	switch e := h.Effect.(type) {
	case journey.Entered:
		t.entered(h.Profile, &e)
	case journey.Ended:
		t.ended(h.Profile, &e)
	case journey.Converted:
		if !e.Ghost {
			t.journey(e.Journey).reached++
		}
	case journey.Message:
		c := &e.Command
		if e.Reason == "" {
			t.sent(h.Profile, c, h.Cause.At)
		} else {
			t.kept(h.Profile, c, e.Reason)
		}
	}
}
