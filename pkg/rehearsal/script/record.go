package script

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/rehearsal"
)

// Line is one thing that happened, as a timeline shows it.
type Line struct {
	At       time.Time       `json:"at"`
	Profile  string          `json:"profile"`
	Kind     Kind            `json:"kind"`
	Text     string          `json:"text"`
	Journey  string          `json:"journey,omitempty"`
	Instance string          `json:"instance,omitempty"`
	Step     string          `json:"step,omitempty"`
	Channel  message.Channel `json:"channel,omitempty"`
	Template string          `json:"template,omitempty"`
	Name     string          `json:"name,omitempty"`
	Data     map[string]any  `json:"data,omitempty"`
	Value    *float64        `json:"value,omitempty"`
	Why      string          `json:"why,omitempty"` // of a message that did not go out
	Message  string          `json:"message,omitempty"`

	mail rendered
}

// record writes down what happens on stage.
type record struct {
	on    bool // once the test has begun
	lines []Line
	texts map[string]rendered // by message, until its line is written
	slow  map[string]Line     // messages that will fail, by id
	notes *notes
	cover *Cover
}

// Happened takes in what the stage tells.
func (r *record) Happened(h rehearsal.Happening) {
	if !r.on {
		return
	}
	l := Line{At: h.Cause.At, Profile: h.Profile}
	switch e := h.Effect.(type) {
	case nil:
		r.event(&l, h.Cause.Event)
		return
	case journey.Entered:
		l.Kind, l.Journey, l.Instance, l.Name = Entered, e.Journey, e.Instance, e.Journey
		l.Text = "entered " + e.Journey + ghostly(e.Ghost)
	case journey.Ended:
		r.ended(&l, &e)
		if r.cover != nil {
			r.cover.ended(&e, h.Cause.Event)
		}
	case journey.Moved:
		l.Kind, l.Journey, l.Instance, l.Name, l.Step = Moved, e.Journey, e.Instance, e.Step, e.Step
		l.Text = "moved to step " + e.Step + " of the new version of " + e.Journey
	case journey.Joined:
		l.Kind, l.Name, l.Text = Joined, e.Segment, "joined segment "+e.Segment
		if e.Left {
			l.Kind, l.Text = LeftSegment, "left segment "+e.Segment
		}
		if e.Filled {
			l.Text += " (sorted)"
		}
	case journey.Armed:
		l.Kind, l.Journey, l.Instance = Arm, e.Experiment.Journey, e.Instance
		l.Step, l.Name, l.Text = e.Experiment.Step, e.Arm, "arm "+e.Experiment.Step+": "+e.Arm
		if r.cover != nil {
			r.cover.hit(e.Experiment.Journey, itemArm, e.Experiment.Step, e.Arm)
		}
	case journey.Converted:
		l.Kind, l.Journey, l.Instance, l.Name = Converted, e.Journey, e.Instance, e.Journey
		l.Value, l.Text = &e.Value, "converted in "+e.Journey+worth(e.Value)
	case journey.Published:
		published(&l, &e.Event)
	case journey.Message:
		r.message(&l, &e, h)
	default:
		return // Ask: what follows from the answer is told by itself.
	}
	r.add(l)
}

// event tells an event that the test gave, or the failure of a message that took its time.
func (r *record) event(l *Line, ev *event.Event) {
	switch {
	case ev.Source == testSource:
		l.Kind, l.Name, l.Text = happened, ev.Type, ev.Type
		r.add(*l)
	case ev.Type == event.MessageFailed:
		var receipt message.Receipt
		if json.Unmarshal(ev.Data, &receipt) != nil {
			return
		}
		if failed, ok := r.slow[receipt.MessageID]; ok {
			failed.At = l.At
			r.add(failed)
		}
	}
}

func (r *record) add(l Line) { r.lines = append(r.lines, l) }

func ghostly(ghost bool) string {
	if ghost {
		return " (held out)"
	}
	return ""
}

func worth(v float64) string {
	if v == 0 {
		return ""
	}
	return ", worth " + strconv.FormatFloat(v, 'f', -1, 64)
}

func (r *record) ended(l *Line, e *journey.Ended) {
	l.Journey, l.Instance, l.Step = e.Journey, e.Instance, e.Step
	if e.Finished {
		l.Kind, l.Name, l.Text = Finished, e.Journey, "finished "+e.Journey
		return
	}
	l.Kind, l.Name, l.Text = Left, e.Reason, "left "+e.Journey+": "+e.Reason
}

// published tells an event that a journey made.
func published(l *Line, ev *event.Event) {
	_ = json.Unmarshal(ev.Data, &l.Data) // The engine wrote it.
	l.Name = ev.Type
	switch ev.Type {
	case profile.PointsAwarded:
		v, _ := l.Data["points"].(float64)
		l.Kind, l.Value, l.Text = Awarded, &v, "awarded "+strconv.FormatFloat(v, 'f', -1, 64)+" points"
	case journey.ProfileUpdated:
		l.Data, _ = l.Data["traits"].(object)
		l.Kind, l.Text = Set, "set "+compact(l.Data)
	case profile.Tagged, profile.Untagged:
		tag, _ := l.Data["tag"].(string)
		l.Kind, l.Name, l.Text = Tagged, tag, "tagged "+tag
		if ev.Type == profile.Untagged {
			l.Kind, l.Text = Untagged, "untagged "+tag
		}
	case journey.TaskCreated:
		title, _ := l.Data["title"].(string)
		l.Kind, l.Name, l.Text = Task, title, "task "+title
	default:
		l.Kind, l.Text = Emitted, "emitted "+ev.Type+" "+compact(l.Data)
	}
	if j, ok := l.Data["journey"].(string); ok {
		l.Journey = j
	}
}

// message tells what became of a message.
func (r *record) message(l *Line, m *journey.Message, h rehearsal.Happening) {
	c := &m.Command
	l.Journey, l.Instance, l.Step, l.Message = c.Journey, c.Instance, c.Step, c.ID
	l.Channel, l.Template = c.Channel, c.Template
	what := string(c.Channel) + " " + c.Template
	l.mail = r.texts[c.ID]
	delete(r.texts, c.ID)
	switch {
	case m.Reason != "":
		l.Kind, l.Name, l.Why = Blocked, string(m.Reason), m.Verdict.Rule
		l.Text = "blocked " + l.Name + ": " + what
	case h.Delivery.Outcome == message.Failed && h.Delivery.After > 0:
		l.Kind, l.Text = Sent, "sent "+what
		later := *l
		later.Kind, later.Name, later.Text = Failed, string(h.Delivery.Reason), "failed "+string(h.Delivery.Reason)+": "+what
		r.slow[c.ID] = later
	case h.Delivery.Outcome == message.Failed:
		l.Kind, l.Name, l.Why = Failed, string(h.Delivery.Reason), h.Delivery.Detail
		l.Text = "failed " + l.Name + ": " + what
	default:
		l.Kind, l.Text = Sent, "sent "+what
		if l.mail.subject != "" {
			l.Text += " " + strconv.Quote(l.mail.subject)
		}
	}
}

// compact is data on one line, its keys in order.
func compact(data map[string]any) string {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Sprint(data)
	}
	return string(b)
}

// same reports whether two values are the same as JSON: 5 and 5.0 are.
func same(a, b any) bool { return reflect.DeepEqual(plain(a), plain(b)) }

func plain(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return v
	}
	return out
}

// latest is the message that a step sent last to a profile; empty when it sent none.
func (r *record) latest(profile, step string) string {
	for i := len(r.lines) - 1; i >= 0; i-- {
		if l := &r.lines[i]; l.Kind == Sent && l.Profile == profile && l.Step == step {
			return l.Message
		}
	}
	return ""
}

func earliest(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) }
