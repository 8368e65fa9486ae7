package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/policy"
	"rapport/pkg/rehearsal"
)

// record writes down what the engine asks (journey.Observer) and what happens on stage
// (rehearsal.Sink).
type record struct {
	in      *Input
	moments []Moment
	now     *Moment
	used    map[string]bool // recorded messages that came out of the replay
	rests   map[string]rest // by instance
	asking  Line            // the step last come to
}

// rest is where an instance rests and until when.
type rest struct {
	step  string
	until time.Time
}

func (r *record) begin(m Moment) { r.now = &m }

// end closes the moment, and notes until when instances rest that began to.
func (r *record) end(st *journey.State) {
	m := r.now
	rests := map[string]rest{}
	if st != nil {
		for i := range st.Instances {
			in := &st.Instances[i]
			here := rest{in.Step, in.Due}
			rests[in.ID] = here
			if r.rests[in.ID] != here {
				r.resting(in)
			}
		}
	}
	r.rests = rests
	if len(m.Lines) > 0 {
		r.moments = append(r.moments, *m)
	}
	r.now = nil
}

// resting writes the end of a wait beside the step, or on a line of its own.
func (r *record) resting(in *journey.Instance) {
	for i := len(r.now.Lines) - 1; i >= 0; i-- {
		l := &r.now.Lines[i]
		if l.Instance == in.ID && l.Step == in.Step && (l.Kind == Step || l.Kind == PutOff) {
			if l.Kind == Step {
				l.Until, l.Text = in.Due, "rests here"
			}
			return
		}
	}
	r.add(Line{
		Kind: Resting, Journey: in.Journey, Version: in.Version, Instance: in.ID, Step: in.Step, Until: in.Due, Text: "rests here",
	})
}

func (r *record) add(l Line) { r.now.Lines = append(r.now.Lines, l) }

// Asked is part of journey.Observer.
func (r *record) Asked(q journey.Question) {
	holds := q.Holds
	l := Line{
		Kind: Asked, Journey: q.Journey, Version: q.Version, Instance: q.Instance, Segment: q.Segment,
		Place: q.Place, Text: q.Condition.String(), Holds: &holds,
	}
	l.Parts = parts(nil, condition.Explain(q.Condition, q.Scope).Parts, 0)
	if q.Err != nil {
		l.Rule = q.Err.Error()
	}
	r.add(l)
}

// parts lays the parts of a condition out flat.
func parts(out []Part, list []condition.Trace, depth int) []Part {
	for _, t := range list {
		out = append(out, Part{Text: t.Source, Saw: t.Saw, Verdict: t.Verdict, Depth: depth})
		out = parts(out, t.Parts, depth+1)
	}
	return out
}

// Stepped is part of journey.Observer.
func (r *record) Stepped(in *journey.Instance, step string, _ time.Time) {
	l := Line{Kind: Step, Journey: in.Journey, Version: in.Version, Instance: in.ID, Step: step}
	r.asking = l
	r.add(l)
}

// Judged is part of journey.Observer.
func (r *record) Judged(in *journey.Instance, step string, v policy.Verdict, _ time.Time) {
	l := Line{
		Kind: PutOff, Journey: in.Journey, Version: in.Version, Instance: in.ID, Step: step,
		Reason: v.Reason, Rule: v.Rule, Until: v.Until, Text: "not now: " + string(v.Reason),
	}
	for _, c := range v.Checks {
		l.Checks = append(l.Checks, Check{Reason: c.Reason, Answer: string(c.Answer), Rule: c.Rule, Saw: c.Saw})
	}
	r.add(l)
}

// Refused is part of journey.Observer.
func (r *record) Refused(name, key, reason string, _ time.Time) {
	text := "does not enter: " + reason
	if key != "" {
		text += " (key " + key + ")"
	}
	r.add(Line{Kind: Refused, Journey: name, Text: text, Rule: reason})
}

// Happened is part of rehearsal.Sink.
func (r *record) Happened(h rehearsal.Happening) {
	switch e := h.Effect.(type) {
	case nil:
		if engine(h.Cause.Event) {
			r.add(Line{Kind: Made, Text: h.Cause.Event.Type + " comes back and is listened to"})
		}
	case journey.Entered:
		r.entered(&e)
	case journey.Ended:
		l := Line{Kind: Finished, Journey: e.Journey, Version: e.Version, Instance: e.Instance, Step: e.Step, Text: "came to the end"}
		if !e.Finished {
			l.Kind, l.Text, l.Rule = Left, "left: "+e.Reason, e.Reason
		}
		r.add(l)
	case journey.Moved:
		r.add(Line{Kind: Moved, Journey: e.Journey, Version: e.To, Instance: e.Instance, Step: e.Step, Text: "goes on in version " + e.To + " at step " + e.Step})
	case journey.Joined:
		r.joined(&e)
	case journey.Armed:
		r.after(Line{
			Kind: Arm, Journey: e.Experiment.Journey, Version: e.Experiment.Version, Instance: e.Instance, Step: e.Experiment.Step, Text: "takes arm " + e.Arm,
		}, Step)
	case journey.Converted:
		r.add(Line{Kind: Converted, Journey: e.Journey, Version: e.Version, Instance: e.Instance, Text: "reached its goal by " + e.Event + worth(e.Value)})
	case journey.Published:
		r.add(Line{Kind: Made, Text: "makes " + e.Event.Type + " " + string(e.Event.Data)})
	case journey.Message:
		r.message(&e)
	case journey.Ask:
		r.asked(&e, len(h.Answer))
	}
}

func worth(v float64) string {
	if v == 0 {
		return ""
	}
	return ", worth " + strconv.FormatFloat(v, 'f', -1, 64)
}

// entered writes an entry before the first step of its instance: effects are told after all
// that the engine asked.
func (r *record) entered(e *journey.Entered) {
	l := Line{
		Kind: Entered, Journey: e.Journey, Version: e.Version, Instance: e.Instance, Text: "entered",
		Trace: r.in.Traces["entered/"+e.Instance],
	}
	if e.Ghost {
		l.Text = "entered, in the holdout: walks along and gets nothing"
	}
	at := slices.IndexFunc(r.now.Lines, func(x Line) bool { return x.Instance == e.Instance })
	if at < 0 {
		at = len(r.now.Lines)
	}
	r.now.Lines = slices.Insert(r.now.Lines, at, l)
}

// after writes a line behind the last one of a kind of the same instance and step.
func (r *record) after(l Line, kind Kind) {
	for i := len(r.now.Lines) - 1; i >= 0; i-- {
		if x := &r.now.Lines[i]; x.Kind == kind && x.Instance == l.Instance && x.Step == l.Step {
			r.now.Lines = slices.Insert(r.now.Lines, i+1, l)
			return
		}
	}
	r.add(l)
}

func (r *record) joined(e *journey.Joined) {
	text := "joined segment "
	if e.Left {
		text = "left segment "
	}
	text += e.Segment
	if e.Filled {
		text += ", silently: the segment is new or has changed"
	}
	l := Line{Kind: Joined, Segment: e.Segment, Text: text}
	for i := len(r.now.Lines) - 1; i >= 0; i-- {
		if x := &r.now.Lines[i]; x.Kind == Asked && x.Segment == e.Segment {
			r.now.Lines = slices.Insert(r.now.Lines, i+1, l)
			return
		}
	}
	r.add(l)
}

// asked writes what a recommend step was answered.
func (r *record) asked(e *journey.Ask, found int) {
	l := r.asking
	l.Instance, l.Kind = e.Instance, Question
	l.Text = fmt.Sprintf("asks for %d to %d products; what was found is not recorded, and the messages show that it was enough", e.Query.Min, e.Query.Max)
	if found == 0 {
		l.Text = fmt.Sprintf("asks for %d to %d products; what was found is not recorded, and no message shows that it was enough", e.Query.Min, e.Query.Max)
	}
	r.after(l, Step)
}

// message turns the first verdict of its step that no message came of into the message.
func (r *record) message(e *journey.Message) {
	c := &e.Command
	l := Line{
		Journey: c.Journey, Version: c.Version, Instance: c.Instance, Step: c.Step, Rule: e.Verdict.Rule,
	}
	at := slices.IndexFunc(r.now.Lines, func(x Line) bool { return x.Kind == PutOff && x.Instance == c.Instance && x.Step == c.Step })
	if at >= 0 {
		l.Checks, l.Rule = r.now.Lines[at].Checks, cmp.Or(r.now.Lines[at].Rule, l.Rule)
	}
	l.Kind, l.Message, l.Channel, l.Reason = Message, c.ID, c.Channel, e.Reason
	l.Text = fmt.Sprintf("%s %s", c.Channel, c.Template)
	if l.Really = r.really(e); l.Really != nil {
		l.Trace = l.Really.Trace
		r.used[l.Really.ID] = true
	}
	if at >= 0 {
		r.now.Lines[at] = l
	} else {
		r.add(l)
	}
}

// nearby is how far apart a message of the replay and a recorded one of another id may lie
// to be the same: a live run enters some journeys at the time at which it looks.
const nearby = 24 * time.Hour

// really finds the recorded message: by its id, or else by journey, step and time.
func (r *record) really(e *journey.Message) *Recorded {
	c := &e.Command
	var near *Recorded
	for i := range r.in.Recorded {
		m := &r.in.Recorded[i]
		if m.ID == c.ID {
			return m
		}
		if !r.used[m.ID] && m.Journey == c.Journey && m.Step == c.Step && m.Channel == c.Channel && m.DecidedAt.Sub(c.DecidedAt).Abs() < nearby && near == nil {
			near = m
		}
	}
	return near
}
