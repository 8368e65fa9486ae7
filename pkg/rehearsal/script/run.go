package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/recommend"
	"rapport/pkg/rehearsal"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/source"
)

// Result is what became of a test.
type Result struct {
	Test  *Test
	Lines []Line // everything that happened, in order
	// Differences are empty when the test passed.
	Differences []Difference
	// Err is why the test could not be run to its end.
	Err   error
	Cover *Cover
	// Sent are the messages that were handed over, in order, whatever became of them.
	Sent []message.Command

	matched map[int]int // line by expectation
}

// Passed reports whether everything was as expected.
func (r *Result) Passed() bool { return r.Err == nil && len(r.Differences) == 0 }

// run is one test on its stage.
type run struct {
	ctx   context.Context //nolint:containedctx // lives for one call of Run
	t     *Test
	snap  *workspace.Snapshot // in force
	rec   *record
	stage *rehearsal.Stage
	old   []*journey.Definition
	files map[string][]byte
	defs  []*journey.Definition // that ran
	sent  []message.Command
}

// How long time runs on after the last thing that a test speaks of: as long as anybody is
// inside a journey, or for as long as nothing is expected to happen.
const (
	runOn     = 400 * 24 * time.Hour
	runOnNone = 90 * 24 * time.Hour
)

// Run runs a test of a workspace.
func Run(ctx context.Context, snap *workspace.Snapshot, t *Test) *Result {
	cover := NewCover(snap.Journeys())
	rec := &record{texts: map[string]rendered{}, slow: map[string]Line{}, cover: cover}
	rec.notes = &notes{rec: rec, cover: cover}
	r := &run{ctx: ctx, t: t, snap: snap, rec: rec, files: snap.Files()}
	out := &Result{Test: t, Cover: cover}
	err := r.play()
	out.Lines, out.Sent = rec.lines, r.sent
	var stopped *Difference
	switch {
	case errors.As(err, &stopped):
		out.Differences = append(out.Differences, *stopped)
	case err != nil:
		out.Err = err
		return out
	}
	matched, differences := match(t, rec.lines)
	out.matched = matched
	for i := range differences {
		differences[i].Hint = hint(r, &differences[i])
	}
	out.Differences = append(out.Differences, differences...)
	return out
}

// play runs the test to its end.
func (r *run) play() error {
	before, err := journey.NewSet(journey.Config{Version: "before", Zone: r.snap.Zone()})
	if err != nil {
		return fmt.Errorf("prepare the past: %w", err)
	}
	r.stage, err = rehearsal.New(rehearsal.Options{
		Engine: before, Suggest: r.suggester(), Deliver: r.deliver, Sink: r.rec, TimersFirst: true,
	})
	if err != nil {
		return err
	}
	for _, ev := range r.t.Before {
		if err := r.stage.Event(ev); err != nil {
			return fmt.Errorf("apply the past: %w", err)
		}
	}
	if st := r.stage.State(r.t.Profile); st != nil {
		st.Profile.Blocked = append(st.Profile.Blocked, r.t.Suppressed...)
	}
	r.rec.on = true
	if err := r.adopt(r.snap, r.t.Now); err != nil {
		return err
	}
	if err := r.happen(); err != nil {
		return err
	}
	return r.runOut()
}

// adopt puts a state of the workspace into force.
func (r *run) adopt(snap *workspace.Snapshot, at time.Time) error {
	c := r.t.config(snap.Config(at, r.old))
	set, err := journey.NewSet(c)
	if err != nil {
		return fmt.Errorf("make the engine: %w", err)
	}
	r.snap = snap
	r.old = append(r.old, c.Journeys...)
	r.defs = append(r.defs, c.Journeys...)
	return r.stage.Change(watched{Set: set.Observed(r.rec.notes), notes: r.rec.notes}, at)
}

// happen gives the events, and changes the workspace, each at its time; of one time, the
// workspace changes first.
func (r *run) happen() error {
	changes := r.t.Changes
	for i := range r.t.Events {
		g := &r.t.Events[i]
		for len(changes) > 0 && !changes[0].At.After(g.At) {
			if err := r.change(&changes[0]); err != nil {
				return err
			}
			changes = changes[1:]
		}
		if err := r.give(g); err != nil {
			return err
		}
	}
	for i := range changes {
		if err := r.change(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// give lets an event happen.
func (r *run) give(g *Given) error {
	ev := *g.Event
	// A late event happened before; and a message may be decided by a timer that lies before
	// the event that is about it.
	if err := r.stage.Until(g.At); err != nil {
		return err
	}
	if g.Of != "" {
		id := r.rec.latest(ev.Subject, g.Of)
		if id == "" {
			return &Difference{
				At: g.At, Text: fmt.Sprintf("%s is about the message of step %s, which has sent none to %s by then", ev.Type, g.Of, ev.Subject),
			}
		}
		ev = event.Event{ID: ev.ID, Source: ev.Source, Type: ev.Type, Subject: ev.Subject, Time: ev.Time, Data: withMessage(ev.Data, id)}
	}
	return r.stage.Event(&ev)
}

func withMessage(data []byte, id string) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal(data, &m) != nil || m == nil {
		m = map[string]json.RawMessage{}
	}
	if m["message_id"] == nil {
		m["message_id"] = json.RawMessage(strconv.Quote(id))
	}
	b, err := json.Marshal(m)
	if err != nil {
		return data
	}
	return b
}

// change reads the workspace with other files and puts it into force.
func (r *run) change(c *Change) error {
	for name, text := range c.Files {
		if text == nil {
			delete(r.files, name)
			continue
		}
		r.files[name] = []byte(*text)
	}
	snap, err := workspace.FromFiles(r.files, "the changed workspace")
	var mistakes source.Problems
	switch {
	case errors.As(err, &mistakes):
		return fmt.Errorf("%s:%d: the workspace after this change has mistakes:\n%w", r.t.File, c.at.Line, err)
	case err != nil:
		return fmt.Errorf("%s:%d: read the changed workspace: %w", r.t.File, c.at.Line, err)
	}
	return r.adopt(snap, c.At)
}

// runOut lets time run to the end.
func (r *run) runOut() error {
	if !r.t.Until.IsZero() {
		return r.stage.Until(r.t.Until)
	}
	spoken, open, none := r.t.Now, false, false
	for _, g := range r.t.Events {
		spoken = later(spoken, g.At)
	}
	for i := range r.t.Expect {
		e := &r.t.Expect[i]
		spoken = later(spoken, e.At)
		switch {
		case e.quiet():
			none = true
		case e.At.IsZero():
			open = true
		}
	}
	if err := r.stage.Until(spoken); err != nil {
		return err
	}
	if none {
		if err := r.stage.Until(spoken.Add(runOnNone)); err != nil {
			return err
		}
	}
	for {
		due := r.stage.NextDue()
		if due.IsZero() || due.After(spoken.Add(runOn)) {
			return nil
		}
		if !r.inside() && (!open || r.content()) {
			return nil
		}
		if err := r.stage.Until(due); err != nil {
			return err
		}
	}
}

// inside reports whether anybody is inside a journey, or a message is on its way.
func (r *run) inside() bool {
	for _, st := range r.stage.Profiles() {
		if len(st.Instances) > 0 {
			return true
		}
	}
	return false
}

// content reports whether nothing that is expected is missing.
func (r *run) content() bool {
	_, differences := match(r.t, r.rec.lines)
	for i := range differences {
		if differences[i].Expected != nil {
			return false
		}
	}
	return true
}

func (r *run) suggester() rehearsal.Suggester {
	if !r.t.suggest {
		return rehearsal.NewShelf(recommend.Config{})
	}
	return rehearsal.Func(func(_ string, q journey.Query) []journey.Suggestion {
		return r.t.Suggest[:min(len(r.t.Suggest), q.Max)]
	})
}

// deliver renders a message, as its worker does, and says what becomes of it.
func (r *run) deliver(c *message.Command) rehearsal.Delivery {
	r.sent = append(r.sent, *c)
	m := render(r.ctx, r.snap, c)
	r.rec.texts[c.ID] = m
	if m.err != nil {
		return rehearsal.Delivery{Outcome: message.Failed, Reason: message.ReasonRender, Detail: strings.TrimSpace(m.err.Error())}
	}
	for _, f := range r.t.Deliver {
		if f.Step == "" || f.Step == c.Step {
			return rehearsal.Delivery{Outcome: f.Outcome, Reason: f.Reason, After: f.After}
		}
	}
	return rehearsal.AtOnce(c)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
