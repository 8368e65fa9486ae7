package explain

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report for people, in the order of time.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString(r.Profile)
	if r.Journey != "" {
		b.WriteString(" and journey " + r.Journey)
	}
	if r.Message != "" {
		b.WriteString(", message " + r.Message)
	}
	b.WriteString(" (times in UTC)\n")
	if len(r.IDs) > 0 {
		b.WriteString("One person's ids: " + strings.Join(r.IDs, ", ") + "\n")
	}
	for i := range r.Moments {
		r.Moments[i].write(&b)
	}
	if len(r.Missing) > 0 {
		b.WriteString("\nRecorded, and not decided by the replay\n")
		for _, m := range r.Missing {
			fmt.Fprintf(&b, "  %s  %s: %s %s by step %s, %s\n", m.DecidedAt.UTC().Format(clock), m.Journey, m.Channel, m.Template, m.Step, m.became())
		}
	}
	if len(r.Notes) > 0 {
		b.WriteString("\nNotes\n")
		for _, n := range r.Notes {
			b.WriteString("  " + n + "\n")
		}
	}
	b.WriteString("\n" + r.Answer + "\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the explanation: %w", err)
	}
	return nil
}

func (m *Moment) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s  %s", m.At.UTC().Format(clock), m.Cause)
	for _, s := range []struct{ name, value string }{{"", m.Event}, {"trace ", m.Trace}} {
		if s.value != "" {
			b.WriteString("  " + s.name + s.value)
		}
	}
	b.WriteString("\n")
	for i := range m.Lines {
		m.Lines[i].write(b)
	}
}

// write writes a line: what it is about, then what happened, then what it is made of.
func (l *Line) write(b *strings.Builder) {
	if l.Kind == Step && l.Text == "" {
		return // What it did there follows.
	}
	fmt.Fprintf(b, "  %-18s %s\n", l.label(), l.words())
	deeper := strings.Repeat(" ", 21)
	for _, p := range l.Parts {
		saw := p.Saw
		if p.Verdict != "" {
			saw = string(p.Verdict)
		}
		fmt.Fprintf(b, "%s%s%s = %s\n", deeper, strings.Repeat("  ", p.Depth+1), p.Text, saw)
	}
	for _, c := range l.Checks {
		fmt.Fprintf(b, "%s  %-7s  %-12s  %s", deeper, c.Answer, c.Reason, c.Rule)
		if c.Saw != "" {
			b.WriteString(": " + c.Saw)
		}
		b.WriteString("\n")
	}
}

// label is what a line is about.
func (l *Line) label() string {
	switch l.Kind {
	case Asked:
		if l.Segment != "" {
			return "segment " + l.Segment
		}
		return l.Place
	case Step, Resting, Question, Arm:
		return "step " + l.Step
	case Message:
		return "message " + l.Step
	case PutOff:
		return "put off " + l.Step
	case Joined:
		return "segment " + l.Segment
	case Refused, Entered, Moved, Finished, Left, Converted:
		return l.Journey
	}
	return string(l.Kind)
}

func (l *Line) words() string {
	text := l.Text
	switch l.Kind {
	case Asked:
		answer := "NO   "
		if *l.Holds {
			answer = "yes  "
		}
		return answer + text
	case Entered:
		text += fmt.Sprintf(", version %s, instance %s", l.Version, l.Instance)
	case Message:
		if l.Reason != "" {
			text += ": kept back, " + string(l.Reason)
		} else {
			text += ": goes out"
		}
		if l.Really == nil {
			text += " (nothing of it is recorded)"
		} else {
			text += " (recorded: " + l.Really.became() + ")"
		}
		text += ", message " + l.Message
	}
	if !l.Until.IsZero() {
		text = strings.TrimSpace(text + until(l.Until))
	}
	if l.Trace != "" {
		text += ", trace " + l.Trace
	}
	return text
}

// became is what a recorded message became.
func (m *Recorded) became() string {
	switch {
	case m.Outcome == "":
		return "on its way"
	case m.Reason != "":
		return string(m.Outcome) + " " + string(m.Reason)
	}
	return string(m.Outcome)
}
