package script

import (
	"regexp"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/workspace/source"
)

// offset is a length of time made of several, such as 3d2h, with its sign.
var (
	offset = regexp.MustCompile(`^[+-](\d+[smhdw])+$`)
	part   = regexp.MustCompile(`\d+[smhdw]`)
)

// moments reads times of one test.
type moments struct {
	r    *source.Report
	now  time.Time
	zone *time.Location
}

// The bounds of times. Between them every reckoning in nanoseconds holds, and a test in
// which something happens every day ends.
const (
	firstYear, lastYear = 1900, 2200
	longest             = 30 * 366 * 24 * time.Hour
)

const momentForms = `write +3d2h after now, a time such as 2026-03-05T10:00:00+01:00, or "2026-03-05 10:00" in the profile's own zone`

// read reads a time; ok is false when it is none, which was reported then.
func (m *moments) read(n *source.Node, what string) (t time.Time, ok bool) {
	if n.Scalar() {
		if d, is := length(n.Value); is {
			t, ok = m.now.Add(d), true
		} else {
			t, ok = m.absolute(n.Value)
		}
		if ok {
			return t, m.within(n, t)
		}
	}
	word := n.Value
	if !n.Scalar() {
		word = n.Kind.String()
	}
	m.r.At(n.File, n.Place, what+" cannot be "+word, momentForms)
	return time.Time{}, false
}

// within reports times that no test can be about.
func (m *moments) within(n *source.Node, t time.Time) bool {
	switch {
	case t.Year() < firstYear || t.Year() > lastYear:
		m.r.At(n.File, n.Place, n.Value+" is out of reach", "use a year from "+itoa(firstYear)+" to "+itoa(lastYear))
	case !m.now.IsZero() && t.After(m.now.Add(longest)):
		m.r.At(n.File, n.Place, n.Value+" is more than thirty years after now", "write a shorter test")
	default:
		return true
	}
	return false
}

func (m *moments) absolute(s string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	zone := m.zone
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// length reads +3d2h; ok is false when it is none, or too long to be told.
func length(s string) (time.Duration, bool) {
	if !offset.MatchString(s) {
		return 0, false
	}
	var sum time.Duration
	for _, p := range part.FindAllString(s[1:], -1) {
		d, ok := spelling.Duration(p)
		if !ok || sum+d < sum {
			return 0, false
		}
		sum += d
	}
	if strings.HasPrefix(s, "-") {
		sum = -sum
	}
	return sum, true
}

// after writes how long after now a time is: +3d2h, the way it is read.
func after(now, t time.Time) string {
	d := t.Sub(now)
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	out := ""
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / u.unit; n > 0 {
			out += itoa(int(n)) + u.name
			d %= u.unit
		}
	}
	if out == "" {
		out = "0s"
	}
	return sign + out
}
