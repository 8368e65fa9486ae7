package script

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Difference is one thing that is not as expected.
type Difference struct {
	// Expected is what is missing; nil: something happened that nobody expected.
	Expected *Expectation
	// Line is what happened instead; nil: nothing did.
	Line *Line
	At   time.Time
	Text string // in words
	Hint string // why, as far as it is known; may be empty
}

// Error is the difference in words.
func (d *Difference) Error() string { return d.Text }

// match finds for each expectation the line that fulfils it. What has a time is at that
// time; what has none comes not before the one above it. Of one instant, the order in which
// things happened does not matter. Each line fulfils one expectation, but for a step that
// sets traits. It returns the lines by expectation.
func match(t *Test, lines []Line) (map[int]int, []Difference) {
	found := map[int]int{}
	taken := map[int]bool{}
	var out []Difference
	var since time.Time
	for i := range t.Expect {
		e := &t.Expect[i]
		if e.quiet() {
			out = append(out, quiet(t, e, lines)...)
			continue
		}
		k := slices.IndexFunc(indices(lines), func(k int) bool {
			l := &lines[k]
			return (!taken[k] || l.Kind == Set) && e.fulfilled(t, l) && (e.At.IsZero() && !l.At.Before(since) || l.At.Equal(e.At))
		})
		if k < 0 {
			out = append(out, missed(t, e, lines, taken))
			since = later(since, e.At)
			continue
		}
		found[i], taken[k] = k, true
		since = later(since, lines[k].At)
	}
	for k := range lines {
		if l := &lines[k]; (l.Kind == Sent || l.Kind == Failed) && !taken[k] && !alreadyTold(out, l) {
			out = append(out, Difference{Line: l, At: l.At, Text: "nobody expects this: " + l.Text, Hint: l.Why})
		}
	}
	slices.SortStableFunc(out, func(a, b Difference) int { return earliest(a.At, b.At) })
	return found, out
}

func indices(lines []Line) []int {
	out := make([]int, len(lines))
	for i := range out {
		out[i] = i
	}
	return out
}

func alreadyTold(out []Difference, l *Line) bool {
	return slices.ContainsFunc(out, func(d Difference) bool { return d.Line == l })
}

// quiet finds what happens although nothing is to: messages, entries, and what journeys
// publish.
func quiet(t *Test, e *Expectation, lines []Line) []Difference {
	for k := range lines {
		l := &lines[k]
		switch l.Kind {
		case Sent, Failed, Entered, Emitted, Task, Awarded:
		default:
			continue
		}
		if l.Profile != t.who(e) || e.Journey != "" && l.Journey != e.Journey || e.Kind == NothingAfter && !l.At.After(e.At) {
			continue
		}
		return []Difference{{Expected: e, Line: l, At: l.At, Text: e.Text + " is expected, but: " + l.Text}}
	}
	return nil
}

func (t *Test) who(e *Expectation) string {
	if e.Profile != "" {
		return e.Profile
	}
	return t.Profile
}

// missed tells what is missing, and what is the nearest to it: the same thing in another
// form at its time, or the same thing at another time.
func missed(t *Test, e *Expectation, lines []Line, taken map[int]bool) Difference {
	d := Difference{Expected: e, At: e.At, Text: "missing: " + e.Text}
	for k := range lines {
		l := &lines[k]
		if e.keptBack(t, l) && !taken[k] {
			d.Line, d.At, d.Text = l, l.At, "missing: "+e.Text+"; instead: "+l.Text
			if l.Why != "" {
				d.Text += ", " + excerpt(l.Why)
			}
			return d
		}
		if taken[k] || l.Kind != e.Kind || l.Profile != t.who(e) {
			continue
		}
		switch {
		case e.fulfilled(t, l) && !e.At.IsZero():
			d.Line, d.Text = l, fmt.Sprintf("missing: %s at %s; it happens at %s (%s)", e.Text, t.clock(e.At), t.clock(l.At), after(t.Now, l.At))
			return d
		case l.At.Equal(e.At) || e.At.IsZero():
			if why := e.unlike(l); why != "" && d.Line == nil {
				d.Line, d.Text = l, "missing: "+e.Text+"; "+why
			}
		}
	}
	if d.At.IsZero() && d.Line != nil {
		d.At = d.Line.At
	}
	return d
}

// keptBack reports whether a line is the expected message, which did not go out.
func (e *Expectation) keptBack(t *Test, l *Line) bool {
	return e.Kind == Sent && (l.Kind == Blocked || l.Kind == Failed) && l.Profile == t.who(e) && (e.At.IsZero() || l.At.Equal(e.At)) &&
		(e.Channel == "" || l.Channel == e.Channel && l.Template == e.Template) && (e.Step == "" || l.Step == e.Step)
}

// unlike says in what a line of the right kind is other than expected.
func (e *Expectation) unlike(l *Line) string {
	switch {
	case e.Kind == Sent && (l.Channel != e.Channel && e.Channel != "" || l.Template != e.Template && e.Template != ""):
		return ""
	case e.Subject != "" && l.mail.subject != e.Subject:
		return fmt.Sprintf("the subject is %q", l.mail.subject)
	}
	for _, c := range e.Contains {
		if !strings.Contains(l.mail.body, c) {
			return fmt.Sprintf("the message has no %q: %s", c, excerpt(l.mail.body))
		}
	}
	for _, c := range e.Lacks {
		if strings.Contains(l.mail.body, c) {
			return fmt.Sprintf("the message has %q", c)
		}
	}
	if e.Kind == Sent {
		return ""
	}
	return "instead: " + l.Text
}

// excerpt is the beginning of a text on one line.
func excerpt(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// fulfilled reports whether a line is what is expected, but for its time.
func (e *Expectation) fulfilled(t *Test, l *Line) bool {
	if e.Kind != l.Kind || l.Profile != t.who(e) || e.Journey != "" && l.Journey != e.Journey {
		return false
	}
	switch {
	case e.Name != "" && l.Name != e.Name,
		e.Channel != "" && l.Channel != e.Channel,
		e.Template != "" && l.Template != e.Template,
		e.Step != "" && l.Step != e.Step,
		e.Subject != "" && l.mail.subject != e.Subject,
		e.Value != nil && (l.Value == nil || *l.Value != *e.Value):
		return false
	}
	for name, want := range e.Data {
		if got, ok := l.Data[name]; !ok || !same(want, got) {
			return false
		}
	}
	for _, c := range e.Contains {
		if !strings.Contains(l.mail.body, c) {
			return false
		}
	}
	return !slices.ContainsFunc(e.Lacks, func(c string) bool { return strings.Contains(l.mail.body, c) })
}

// clock is a time as the person's clocks show it.
func (t *Test) clock(at time.Time) string {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	layout := "Mon 2006-01-02 15:04"
	if at.Second() != 0 {
		layout = "Mon 2006-01-02 15:04:05"
	}
	return at.In(zone).Format(layout)
}
