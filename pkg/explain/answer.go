package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// clock is how times are written.
const clock = "2006-01-02 15:04:05"

// answer is one sentence: why the person got the message, or did not get one.
func (r *Replay) answer(out *Report, q Query) string {
	who := r.in.Profile
	last, at := lastMessage(out.Moments, q.Message)
	switch {
	case last != nil:
		return told(who, last, at, entry(out.Moments, last.Instance))
	case q.Message != "" && len(out.Missing) > 0:
		m := out.Missing[0]
		return fmt.Sprintf("Message %s was decided on %s by step %s of journey %s, and does not come out of the replay: what it was decided by is not recorded any more.",
			m.ID, m.DecidedAt.UTC().Format(clock), m.Step, m.Journey)
	case q.Message != "":
		return fmt.Sprintf("There is no message %s to %s: neither was it recorded, nor does the replay decide it.", q.Message, who)
	case r.state == nil:
		return fmt.Sprintf("Nothing is recorded of %s, so no journey ever met them.", who)
	case !r.state.Profile.Known:
		return fmt.Sprintf("%s is not a known customer, and only known ones enter journeys.", who)
	case out.Journey == "":
		return fmt.Sprintf("No message to %s was decided by any journey.", who)
	}
	return r.unsent(out)
}

// lastMessage is the message asked for, or else the last one.
func lastMessage(moments []Moment, id string) (*Line, time.Time) {
	for i := len(moments) - 1; i >= 0; i-- {
		for k := len(moments[i].Lines) - 1; k >= 0; k-- {
			l := &moments[i].Lines[k]
			if l.Kind == Message && (id == "" || l.Message == id || l.Really != nil && l.Really.ID == id) {
				return l, moments[i].At
			}
		}
	}
	return nil, time.Time{}
}

// entry is the moment in which an instance entered.
func entry(moments []Moment, instance string) *Moment {
	for i := range moments {
		if slices.ContainsFunc(moments[i].Lines, func(l Line) bool { return l.Kind == Entered && l.Instance == instance }) {
			return &moments[i]
		}
	}
	return nil
}

// told is the answer about a message.
func told(who string, l *Line, at time.Time, entered *Moment) string {
	if l.Reason == "" {
		came := fmt.Sprintf("they came to step %s of journey %s", l.Step, l.Journey)
		if entered != nil {
			came = fmt.Sprintf("%s on %s brought them into journey %s, they came to step %s", article(entered), entered.At.UTC().Format(clock), l.Journey, l.Step)
		}
		text := fmt.Sprintf("%s got %s on %s: %s, and nothing spoke against it", who, l.Text, at.UTC().Format(clock), came)
		switch {
		case l.Really == nil:
			text += "; but no such message is recorded"
		case l.Really.Outcome == "":
			text += "; a worker has it now"
		case l.Really.Outcome != message.Sent:
			text += fmt.Sprintf("; yet it ended %s (%s)", l.Really.Outcome, l.Really.Reason)
		}
		return text + "."
	}
	return fmt.Sprintf("%s did not get %s on %s: journey %s came to step %s, and it was kept back (%s): %s.",
		who, l.Text, at.UTC().Format(clock), l.Journey, l.Step, l.Reason, because(l))
}

// because is what objected to a message, in words.
func because(l *Line) string {
	for _, c := range l.Checks {
		if c.Reason == l.Reason && c.Answer == "blocked" {
			return c.Rule + "; seen: " + c.Saw
		}
	}
	return orElse(l.Rule, string(l.Reason))
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// article names what entered.
func article(m *Moment) string {
	switch m.Cause {
	case "timer":
		return "a timer"
	case "workspace":
		return "workspace " + m.Event
	}
	return m.Cause
}

// unsent is the answer where a journey decided no message.
func (r *Replay) unsent(out *Report) string {
	who, name := r.in.Profile, out.Journey
	for i := len(r.state.Instances) - 1; i >= 0; i-- {
		if in := &r.state.Instances[i]; in.Journey == name {
			return fmt.Sprintf("%s got nothing from journey %s yet: since %s they rest on step %s%s.",
				who, name, in.Since.UTC().Format(clock), in.Step, until(in.Due))
		}
	}
	for i := len(out.Moments) - 1; i >= 0; i-- {
		m := &out.Moments[i]
		for k := len(m.Lines) - 1; k >= 0; k-- {
			switch l := &m.Lines[k]; {
			case l.Kind == Left || l.Kind == Finished:
				return fmt.Sprintf("%s got nothing from journey %s: on %s they %s at step %s, before it came to a message.",
					who, name, m.At.UTC().Format(clock), l.Text, l.Step)
			case l.Kind == Refused:
				return fmt.Sprintf("%s did not enter journey %s on %s: %s.", who, name, m.At.UTC().Format(clock), l.Rule)
			case l.Kind == Asked && l.Place == "enter" && l.Journey == name && !*l.Holds:
				return fmt.Sprintf("%s did not enter journey %s: on %s %s came, and %s did not hold%s.",
					who, name, m.At.UTC().Format(clock), article(m), l.Text, failed(l.Parts))
			}
		}
	}
	return r.never(who, name)
}

// failed are the parts of a condition that did not hold.
func failed(list []Part) string {
	var parts []string
	for _, p := range list {
		if p.Verdict == condition.Fails {
			parts = append(parts, p.Text)
		} else if p.Verdict == "" && p.Saw != "" {
			parts = append(parts, p.Text+" was "+p.Saw)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.UTC().Format(clock)
}

// never is the answer about a journey that the person had nothing to do with.
func (r *Replay) never(who, name string) string {
	for i := len(r.in.Phases) - 1; i >= 0; i-- {
		for _, d := range r.in.Phases[i].Config.Journeys {
			if d.Name != name {
				continue
			}
			if d.Status != journey.Active {
				return fmt.Sprintf("%s did not enter journey %s, which is %s.", who, name, d.Status)
			}
			return fmt.Sprintf("%s never entered journey %s: %s.", who, name, enters(&d.Enter))
		}
	}
	return fmt.Sprintf("There was no journey %s in what was in force.", name)
}

// enters says what did not happen.
func enters(e *journey.Entry) string {
	switch {
	case e.Segment != nil && e.Segment.Left:
		return "they never left segment " + e.Segment.Segment
	case e.Segment != nil:
		return "they never joined segment " + e.Segment.Segment
	case e.Broadcast != nil && e.Broadcast.Audience != "":
		return "no broadcast came while they were in segment " + e.Broadcast.Audience
	case e.Broadcast != nil:
		return "no broadcast has come yet"
	case e.Date != nil:
		return "its date, " + e.Date.Of.String() + ", has not come, or is not known"
	case e.Prediction != nil:
		return "the prediction " + e.Prediction.Prediction + " never crossed its threshold"
	}
	return e.On + " never happened to them"
}
