package schedule

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// somewhere draws a zone, most of them with a peculiarity.
func somewhere(t *rapid.T) *time.Location {
	name := rapid.SampledFrom([]string{
		berlin, newYork, lordHowe, kiritimati, pagoPago, niue, kathmandu, apia, saoPaulo, nuuk,
		"UTC", "Africa/Casablanca", "America/Havana", "Asia/Beirut", "Asia/Gaza", "Asia/Pyongyang", "Europe/Dublin", "Europe/London",
		"America/St_Johns", "Antarctica/Troll", "Pacific/Chatham", "Pacific/Kwajalein", "America/Caracas",
	}).Draw(t, "zone")
	p, ok := loaded.place(name)
	if !ok {
		t.Fatalf("there is no zone %s", name)
	}
	return p.loc
}

// sometime draws an instant, often near a change of the clock in loc, and in any zone.
func sometime(t *rapid.T, loc *time.Location) time.Time {
	first, last := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
	at := time.Unix(rapid.Int64Range(first.Unix(), last.Unix()).Draw(t, "at"), 0).In(loc)
	if near := rapid.Bool().Draw(t, "near a change"); near {
		if set, ok := change(at); ok {
			at = set.Add(time.Duration(rapid.Int64Range(-72*60, 72*60).Draw(t, "minutes from it")) * time.Minute)
		}
	}
	at = at.Add(time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 30e9, 60e9 - 1}).Draw(t, "and")))
	return at.In(somewhere(t))
}

func someClock(t *rapid.T) Clock {
	return Clock{
		Hour:   rapid.SampledFrom([]int{0, 1, 2, 3, 9, 12, 20, 23}).Draw(t, "hour"),
		Minute: rapid.SampledFrom([]int{0, 1, 15, 30, 59}).Draw(t, "minute"),
	}
}

func someDays(t *rapid.T) []time.Weekday {
	return rapid.SliceOfN(rapid.SampledFrom([]time.Weekday{0, 1, 2, 3, 4, 5, 6}), 0, 3).Draw(t, "days")
}

// minutes calls visit for each whole minute of [from, to), and for the last moment before to;
// it stops at the first that is refused and returns it.
func minutes(from, to time.Time, visit func(time.Time) bool) (refused time.Time, ok bool) {
	m := from.Truncate(time.Minute)
	if m.Before(from) {
		m = m.Add(time.Minute)
	}
	for ; m.Before(to); m = m.Add(time.Minute) {
		if !visit(m) {
			return m, false
		}
	}
	if last := to.Add(-1); !last.Before(from) && !visit(last) {
		return last, false
	}
	return time.Time{}, true
}

// shows reports whether loc's clock shows c at an instant, to the nanosecond.
func shows(at time.Time, c Clock, loc *time.Location) bool {
	l := at.In(loc)
	return l.Hour() == c.Hour && l.Minute() == c.Minute && l.Second() == 0 && l.Nanosecond() == 0
}

// leftOut reports whether the clock is set at an instant so that it never shows c between the
// moment before and this one, and on which dates it would have (as UTC).
func leftOut(at time.Time, c Clock, loc *time.Location) (dates []time.Time) {
	before, after := wallOf(at.Add(-1).In(loc)), wallOf(at.In(loc))
	for date := before.midnight(); date <= after; date += wallDay {
		if w := date + c.wall(); before < w && w < after {
			dates = append(dates, time.Unix(int64(date), 0).UTC())
		}
	}
	return dates
}

func TestDueHoldsWhatItPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		now := sometime(t, loc)
		c := someClock(t)
		w := Wait{For: time.Duration(rapid.Int64Range(0, 100).Draw(t, "hours")) * time.Hour, At: &c, Days: someDays(t)}
		asked := func(date time.Time) bool { return len(w.Days) == 0 || slices.Contains(w.Days, date.Weekday()) }
		begins, due := now.Add(w.For), w.Due(now, loc)
		if due.Before(begins) || due.After(begins.AddDate(0, 0, 16)) || due.Location() != loc {
			t.Fatalf("due at %s", due)
		}
		if !(shows(due, c, loc) && asked(due)) && !slices.ContainsFunc(leftOut(due, c, loc), asked) {
			t.Fatalf("due at %s, when the clock shows something else", due)
		}
		if again := (Wait{At: &c, Days: w.Days}).Due(due, loc); !again.Equal(due) {
			t.Fatalf("due at %s, and then at %s", due, again)
		}
		if m, ok := minutes(begins, due, func(m time.Time) bool {
			again := func(back time.Duration) bool { return shows(m.Add(-back), c, loc) } // It showed so before.
			return !shows(m, c, loc) || !asked(m.In(loc)) || again(20*time.Minute) || again(30*time.Minute) || again(time.Hour) || again(2*time.Hour)
		}); !ok {
			t.Fatalf("due at %s, but already at %s", due, m.In(loc))
		}
		later := begins.Add(time.Duration(rapid.Int64Range(0, 48*60).Draw(t, "later")) * time.Minute)
		if next := (Wait{At: &c, Days: w.Days}).Due(later, loc); next.Before(due) {
			t.Fatalf("who waits from %s is done before who waits from %s", later, begins)
		}
	})
}

func TestDueOnADay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		now := sometime(t, loc)
		w := Wait{Days: someDays(t)}
		due := w.Due(now, loc)
		asked := func(at time.Time) bool { return len(w.Days) == 0 || slices.Contains(w.Days, at.In(loc).Weekday()) }
		if due.Before(now) || !asked(due) {
			t.Fatalf("due at %s", due)
		}
		if m, ok := minutes(now, due, func(m time.Time) bool { return !asked(m) }); !ok {
			t.Fatalf("due at %s, but already at %s", due, m.In(loc))
		}
	})
}

func TestEndsIsOutsideAndMinimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		at := sometime(t, loc)
		w := Window{From: someClock(t), To: someClock(t)}
		// Read from the clock's own face, apart from how Holds counts.
		quiet := func(at time.Time) bool {
			l := at.In(loc)
			face, from, to := l.Hour()*60+l.Minute(), w.From.Hour*60+w.From.Minute, w.To.Hour*60+w.To.Minute
			if from > to {
				return face >= from || face < to
			}
			return face >= from && face < to
		}
		ends := w.Ends(at, loc)
		if ends.Before(at) || quiet(ends) || w.Holds(ends, loc) || w.Holds(at, loc) != quiet(at) {
			t.Fatalf("ends at %s", ends)
		}
		if m, ok := minutes(at, ends, quiet); !ok {
			t.Fatalf("ends at %s, but it is not quiet at %s", ends, m.In(loc))
		}
	})
}

func TestStrictestIsQuietInNone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var zones []*time.Location
		for range rapid.IntRange(1, 4).Draw(t, "zones") {
			zones = append(zones, somewhere(t))
		}
		at := sometime(t, zones[0])
		w := Window{From: someClock(t), To: someClock(t)}
		quiet := func(at time.Time) bool {
			return slices.ContainsFunc(zones, func(z *time.Location) bool { return w.Holds(at, z) })
		}
		held, ends := Strictest(w, at, zones)
		if _, open := minutes(at, at.Add(2*day), quiet); open { // It is quiet all the time somewhere.
			if held != w.Holds(at, zones[0]) || !ends.Equal(w.Ends(at, zones[0])) {
				t.Fatalf("quiet: %t until %s, unlike in the first zone", held, ends)
			}
			return
		}
		if held != quiet(at) || ends.Before(at) || quiet(ends) {
			t.Fatalf("quiet: %t until %s", held, ends)
		}
		if m, ok := minutes(at, ends, quiet); !ok {
			t.Fatalf("quiet until %s, but not at %s", ends, m)
		}
	})
}

func TestAnnualComesEachYear(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		after := sometime(t, loc)
		c := someClock(t)
		month := time.Month(rapid.IntRange(1, 12).Draw(t, "month"))
		born := rapid.IntRange(1, daysIn(0, month)).Draw(t, "day")
		days := rapid.IntRange(-400, 400).Draw(t, "offset")
		offset := time.Duration(days) * day
		next := Annual(month, born, c, offset, after, loc)
		if !next.After(after) || next.After(after.AddDate(1, 0, 3)) {
			t.Fatalf("after %s comes %s", after, next)
		}
		if before := Annual(month, born, c, offset, next.Add(-1), loc); !before.Equal(next) {
			t.Fatalf("a moment before %s comes %s", next, before)
		}
		if following := Annual(month, born, c, offset, next, loc); following.Sub(next) < 364*day {
			t.Fatalf("after %s comes %s", next, following)
		}
		isDay := func(date time.Time) bool {
			_, m, d := date.AddDate(0, 0, -days).Date()
			return m == month && (d == born || born == 29 && d == 28 && !leap(date.AddDate(0, 0, -days).Year()))
		}
		if l := next.In(loc); shows(next, c, loc) && isDay(time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC)) {
			return
		}
		if !slices.ContainsFunc(leftOut(next, c, loc), isDay) {
			t.Fatalf("after %s comes %s, which is another day or time", after, next)
		}
	})
}

// TestZoneOfTheInput: an instant is the same whatever zone it is written in.
func TestZoneOfTheInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		one := sometime(t, loc)
		other := one.In(somewhere(t))
		c, days := someClock(t), someDays(t)
		window := Window{From: c, To: someClock(t)}
		line := someLine(t)
		for name, f := range map[string]func(time.Time) time.Time{
			"due":       func(at time.Time) time.Time { return Wait{For: 25 * time.Hour, At: &c, Days: days}.Due(at, loc) },
			"day":       func(at time.Time) time.Time { return Wait{Days: days}.Due(at, loc) },
			"ends":      func(at time.Time) time.Time { return window.Ends(at, loc) },
			"annual":    func(at time.Time) time.Time { return Annual(time.February, 29, c, -3*day, at, loc) },
			"cron":      func(at time.Time) time.Time { next, _ := line.Next(at, loc); return next },
			"strictest": func(at time.Time) time.Time { _, e := Strictest(window, at, []*time.Location{loc}); return e },
		} {
			if a, b := f(one), f(other); a != b { //nolint:revive // The Location has to be the same too.
				t.Fatalf("%s: %s from %s and %s from %s", name, a, one, b, other)
			}
		}
	})
}

func TestDurationsAreReadAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64().Draw(t, "seconds") / int64(time.Second) * int64(time.Second)
		text := FormatDuration(time.Duration(d))
		if got, err := ParseDuration(text); err != nil || int64(got) != d {
			t.Fatalf("%d is %s, which is %d (%v)", d, text, got, err)
		}
	})
}
