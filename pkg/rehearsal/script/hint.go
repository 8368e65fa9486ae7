package script

import (
	"fmt"
	"slices"
	"strings"

	"rapport/pkg/journey"
)

// hint says why something did not happen, from what the engine asked and decided; empty
// when nothing is known.
func hint(r *run, d *Difference) string {
	e := d.Expected
	switch {
	case e == nil:
		return d.Hint
	case d.Line != nil:
		return "" // The difference says what happened instead.
	}
	switch e.Kind {
	case Sent, Blocked, Failed:
		return r.whyNotSent(e)
	case Entered:
		return r.whyNotEntered(e.Name)
	case Left, Finished, Converted, Set, Tagged, Untagged, Emitted, Task, Awarded, Arm, Moved:
		return r.whereabouts(e)
	case Joined, LeftSegment:
		return r.lastAnswer(func(q *question) bool { return q.segment == e.Name }, "segment "+e.Name)
	}
	return ""
}

// senders are the steps of the test's journeys that may send what is expected.
func (r *run) senders(e *Expectation) (name string, ids []string) {
	for _, d := range r.defs {
		if e.Journey != "" && d.Name != e.Journey {
			continue
		}
		walk(d.Steps, "", func(s *journey.Step, id string) {
			for _, m := range s.Sends() {
				fits := (e.Channel == "" || m.Channel == e.Channel) && (e.Template == "" || m.Template == e.Template)
				if fits && (e.Step == "" || id == e.Step) && !slices.Contains(ids, id) {
					name, ids = d.Name, append(ids, id)
				}
			}
		})
	}
	return name, ids
}

// whyNotSent follows a message from the last question backwards: kept back, put off, the
// step not come to, the journey not entered.
func (r *run) whyNotSent(e *Expectation) string {
	name, ids := r.senders(e)
	if len(ids) == 0 {
		return ""
	}
	who := r.t.who(e)
	for i := range r.rec.lines {
		l := &r.rec.lines[i]
		if l.Profile != who || !slices.Contains(ids, l.Step) || l.Journey != name || e.fulfilled(r.t, l) {
			continue
		}
		if l.Kind == Blocked || l.Kind == Failed {
			text := fmt.Sprintf("%s at %s (step %s)", l.Text, r.t.clock(l.At), l.Step)
			if l.Why != "" {
				text += "\n" + l.Why
			}
			return text
		}
	}
	for i := len(r.rec.notes.judged) - 1; i >= 0; i-- {
		j := &r.rec.notes.judged[i]
		if j.journey == name && slices.Contains(ids, j.step) && j.verdict.Reason != "" {
			text := fmt.Sprintf("step %s was put off at %s: %s", j.step, r.t.clock(j.at), j.verdict.Reason)
			if j.verdict.Rule != "" {
				text += ", " + j.verdict.Rule
			}
			if !j.verdict.Until.IsZero() {
				text += ", until " + r.t.clock(j.verdict.Until)
			}
			return text
		}
	}
	if !slices.ContainsFunc(r.rec.notes.stepped, func(c coming) bool { return c.journey == name }) {
		return r.whyNotEntered(name)
	}
	return r.whereIn(name)
}

// whyNotEntered tells the last condition of entering that said no, or the rule.
func (r *run) whyNotEntered(name string) string {
	for i := len(r.rec.notes.refused) - 1; i >= 0; i-- {
		if f := &r.rec.notes.refused[i]; f.journey == name {
			return fmt.Sprintf("%s was not entered at %s: %s", name, r.t.clock(f.at), f.reason)
		}
	}
	if s := r.lastAnswer(func(q *question) bool { return q.journey == name && q.place == "enter" && !q.holds }, name+" was not entered: if"); s != "" {
		return s
	}
	for _, d := range r.defs {
		if d.Name != name {
			continue
		}
		switch {
		case d.Status != journey.Active:
			return fmt.Sprintf("%s is %s, and takes nobody in", name, d.Status)
		case d.Enter.On != "" && !r.came(d.Enter.On):
			return fmt.Sprintf("%s is entered on %s, and no such event came", name, d.Enter.On)
		}
	}
	return ""
}

// came reports whether the test gave such an event.
func (r *run) came(typ string) bool {
	return slices.ContainsFunc(r.rec.lines, func(l Line) bool { return (l.Kind == happened || l.Kind == Emitted) && l.Name == typ })
}

// whereabouts tells where the journey's people are, and the last question that said no.
func (r *run) whereabouts(e *Expectation) string {
	name := e.Journey
	if name == "" {
		name = r.t.Journey
	}
	if !slices.ContainsFunc(r.rec.notes.stepped, func(c coming) bool { return c.journey == name }) {
		return r.whyNotEntered(name)
	}
	return r.whereIn(name)
}

// whereIn tells where the last instance of a journey is or how it ended, and which question
// inside it said no last.
func (r *run) whereIn(name string) string {
	var parts []string
	last := coming{}
	for _, c := range r.rec.notes.stepped {
		if c.journey == name {
			last = c
		}
	}
	end := slices.IndexFunc(r.rec.lines, func(l Line) bool {
		return l.Instance == last.instance && (l.Kind == Left || l.Kind == Finished)
	})
	if end >= 0 {
		l := &r.rec.lines[end]
		parts = append(parts, fmt.Sprintf("%s at %s; the last step was %s", l.Text, r.t.clock(l.At), last.step))
	} else {
		parts = append(parts, fmt.Sprintf("still in %s at the end, at step %s since %s", name, last.step, r.t.clock(last.at)))
	}
	if s := r.lastAnswer(func(q *question) bool { return q.instance == last.instance && !q.holds && q.place != "goal" }, ""); s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, "\n")
}

// lastAnswer tells the last question of a kind, with what it saw.
func (r *run) lastAnswer(want func(*question) bool, what string) string {
	for i := len(r.rec.notes.asked) - 1; i >= 0; i-- {
		q := &r.rec.notes.asked[i]
		if !want(q) {
			continue
		}
		if what == "" {
			what = q.place
		}
		answer := "was not true"
		if q.holds {
			answer = "was true"
		}
		text := fmt.Sprintf("%s: %s %s at %s", what, q.source, answer, r.t.clock(q.at))
		for _, s := range q.saw {
			text += "\n    " + s
		}
		return text
	}
	return ""
}
