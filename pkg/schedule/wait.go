package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Wait is how long somebody rests: first For, then until the clock shows At on one of Days.
// Without At it is the first instant of such a day, or at once when it is one already;
// without Days it is any day. For is an exact duration; with At, whole days are those of
// the calendar: three days after ten o'clock, then ten o'clock, is the third day, also when
// clocks are set in between.
type Wait struct {
	For  time.Duration
	At   *Clock
	Days []time.Weekday
}

// searchDays is enough to find each weekday, even if a zone leaves one of them out.
const searchDays = 16

// Due is when a wait that begins now is over. It is never before now; a negative For is
// none, and Days without any real weekday are any day.
func (w Wait) Due(now time.Time, loc *time.Location) time.Time {
	t := in(now, loc)
	if w.At == nil {
		return w.nextDay(t.Add(max(0, w.For)))
	}
	if days := w.For / day; days > 0 && w.For%day == 0 {
		later := (wallOf(t) + wall(days)*wallDay).first(t.Location())
		if wallOf(later).midnight() == (wallOf(t) + wall(days)*wallDay).midnight() {
			return w.nextClock(later)
		}
	}
	return w.nextClock(t.Add(max(0, w.For)))
}

// nextClock is the first instant from t on at which it is At on one of Days. It begins a day
// early, because a time in a gap at the end of a day falls on the next.
func (w Wait) nextClock(t time.Time) time.Time {
	date := wallOf(t).midnight() - wallDay
	for range searchDays {
		if due, ok := clockOn(date, w.At.wall(), t.Location()); ok && w.on(date) && !due.Before(t) {
			return due
		}
		date += wallDay
	}
	return t
}

// clockOn is the first instant at which the clock shows a time on a date; ok is false when
// the zone leaves the whole date out.
func clockOn(date, clock wall, loc *time.Location) (due time.Time, ok bool) {
	due = (date + clock).first(loc)
	if wallOf(due).midnight() == date {
		return due, true
	}
	return due, wallOf(date.first(loc)).midnight() == date
}

// nextDay is the first instant from t on that is on one of Days.
func (w Wait) nextDay(t time.Time) time.Time {
	date, due := wallOf(t).midnight(), t
	for range searchDays {
		if wallOf(due).midnight() == date && w.on(date) {
			return due
		}
		date += wallDay
		due = date.after(t)
	}
	return t
}

// on reports whether a date is one of the days waited for.
func (w Wait) on(date wall) bool {
	return !slices.ContainsFunc(w.Days, realDay) || slices.Contains(w.Days, date.weekday())
}

func realDay(d time.Weekday) bool { return time.Sunday <= d && d <= time.Saturday }

// ParseDays reads weekdays: mon or monday to sun or sunday, weekdays (Monday to Friday) and
// weekend (Saturday and Sunday). The result has each day once, Monday first; of an empty
// list it is empty.
func ParseDays(list []string) ([]time.Weekday, error) {
	var named [7]bool
	for _, word := range list {
		from, to, ok := daysOf(strings.ToLower(word))
		if !ok {
			return nil, fmt.Errorf("%q is no day: use mon, tue, wed, thu, fri, sat, sun, weekdays or weekend", word)
		}
		for d := from; d <= to; d++ {
			named[d] = true
		}
	}
	var days []time.Weekday
	for d, is := range named {
		if is {
			days = append(days, time.Weekday((d+1)%7))
		}
	}
	return days, nil
}

// daysOf is the range of days that a word names, counted from Monday.
func daysOf(word string) (from, to int, ok bool) {
	switch word {
	case "weekdays":
		return 0, 4, true
	case "weekend":
		return 5, 6, true
	}
	for d := range 7 {
		name := strings.ToLower(time.Weekday((d + 1) % 7).String())
		if word == name || word == name[:3] {
			return d, d, true
		}
	}
	return 0, 0, false
}

// Spread is the share of over that a fraction in [0, 1) stands for: when somebody whose
// hash is that fraction gets a broadcast that goes out over some time. It is at least 0 and
// less than over; a fraction outside is taken to the nearer end.
func Spread(over time.Duration, fraction float64) time.Duration {
	if over <= 0 || !(fraction > 0) { // Not a number is no share.
		return 0
	}
	if fraction >= 1 {
		return over - 1
	}
	return min(time.Duration(float64(over)*fraction), over-1)
}
