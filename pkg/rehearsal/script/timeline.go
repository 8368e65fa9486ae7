package script

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// row is one line of a timeline: what was expected beside what happened.
type row struct {
	at       time.Time // zero: any time
	expected string
	line     string
	wrong    bool
	first    bool
}

// Timeline prints a test that failed: what was expected beside what happened, in the
// person's own time, the first difference marked, and below it what is wrong and why.
func (r *Result) Timeline() string {
	t := r.Test
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: %s\n", t.File, t.Line, t.Name)
	if r.Err != nil {
		fmt.Fprintf(&b, "    could not be run: %s\n", strings.ReplaceAll(r.Err.Error(), "\n", "\n    "))
	}
	rows := r.rows()
	widest := len("expected")
	for _, x := range rows {
		widest = max(widest, min(utf8.RuneCountInString(x.expected), mostColumn))
	}
	fmt.Fprintf(&b, "    %-22s %-8s %-*s   %s\n", t.place(), "", widest, "expected", "happened")
	for _, x := range rows {
		mark := "   "
		switch {
		case x.first:
			mark = ">>>"
		case x.wrong:
			mark = " > "
		}
		when, since := "any time", ""
		if !x.at.IsZero() {
			when, since = t.clock(x.at), after(t.Now, x.at)
		}
		text := fmt.Sprintf("%s %-22s %-8s %-*s   %s", mark, when, since, widest, x.expected, x.line)
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	for i := range r.Differences {
		d := &r.Differences[i]
		if d.Expected != nil {
			fmt.Fprintf(&b, "    line %d: %s\n", d.Expected.at.Line, d.Text)
		} else {
			fmt.Fprintf(&b, "    %s: %s\n", t.clock(d.At), d.Text)
		}
		if d.Hint != "" {
			fmt.Fprintf(&b, "        %s\n", strings.ReplaceAll(d.Hint, "\n", "\n        "))
		}
	}
	return b.String()
}

const mostColumn = 60

// place names the zone in which times are shown.
func (t *Test) place() string {
	if t.Zone == nil {
		return "UTC"
	}
	return t.Zone.String()
}

// rows puts what is missing between what happened, each at its time, and marks the first
// difference.
func (r *Result) rows() []row {
	t := r.Test
	byLine := map[int][]string{}
	for e := range t.Expect {
		if l, ok := r.matched[e]; ok {
			byLine[l] = append(byLine[l], t.Expect[e].Text)
		}
	}
	wrong := map[*Line]bool{}
	missing := map[*Expectation]time.Time{}
	instead := map[*Line]*Expectation{}
	for i := range r.Differences {
		d := &r.Differences[i]
		if d.Expected != nil {
			missing[d.Expected] = d.At
			if d.Line != nil && (d.Expected.At.IsZero() || d.Line.At.Equal(d.Expected.At)) {
				instead[d.Line] = d.Expected
			}
		}
		if d.Line != nil && (d.Expected == nil || d.Expected.quiet()) {
			wrong[d.Line] = true
		}
	}
	var out []row
	for k := range r.Lines {
		l := &r.Lines[k]
		x := row{at: l.At, line: l.Text, wrong: wrong[l]}
		if l.Kind == happened {
			x.line = "(" + l.Text + ")"
		}
		if l.Why != "" {
			x.line += ", " + excerpt(l.Why)
		}
		if l.Profile != t.Profile {
			x.line = l.Profile + ": " + x.line
		}
		if texts := byLine[k]; texts != nil {
			x.expected = strings.Join(texts, "; ")
		} else if e := instead[l]; e != nil && !e.quiet() {
			x.expected, x.wrong = e.Text, true
			delete(missing, e)
		}
		out = append(out, x)
	}
	for i := range t.Expect {
		e := &t.Expect[i]
		at, ok := missing[e]
		if !ok || e.quiet() {
			continue
		}
		out = insert(out, row{at: e.At, expected: e.Text, wrong: true}, at)
	}
	for i := range out {
		if out[i].wrong {
			out[i].first = true
			break
		}
	}
	return out
}

// insert puts a row behind those of its time; without one it comes last.
func insert(rows []row, x row, at time.Time) []row {
	if at.IsZero() {
		return append(rows, x)
	}
	i := slices.IndexFunc(rows, func(r row) bool { return r.at.After(at) })
	if i < 0 {
		i = len(rows)
	}
	return slices.Insert(rows, i, x)
}

// quiet reports whether it is expected that nothing happens.
func (e *Expectation) quiet() bool { return e.Kind == Nothing || e.Kind == NothingAfter }
