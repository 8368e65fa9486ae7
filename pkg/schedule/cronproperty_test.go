package schedule

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// someLine draws a line of cron, frequent enough for a search of days.
func someLine(t *rapid.T) Cron {
	field := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	line := field("minute", "0", "30", "*/15", "*/20", "59", "5,25", "*") + " " +
		field("hour", "*", "*", "0", "1-3", "2", "*/2", "23", "0,23", "9-17") + " " +
		field("dom", "*", "*", "*", "*/2", "1,15,25-31") + " " +
		field("month", "*", "*", "*/2", "3,10") + " " +
		field("dow", "*", "*", "sat,sun", "mon-fri", "*/3")
	c, err := ParseCron(line)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// matches reads a wall against the line, field by field.
func matches(c Cron, w wall) bool {
	l := time.Unix(int64(w), 0).UTC()
	dom, dow := c.dom>>l.Day()&1 == 1, c.dow>>l.Weekday()&1 == 1
	if c.either {
		dom = dom || dow
		dow = dom
	}
	return c.minute>>l.Minute()&1 == 1 && c.hour>>l.Hour()&1 == 1 && c.month>>l.Month()&1 == 1 && dom && dow
}

// oracle finds the instants of a line within (from, to] by looking at the clock once a
// minute, as cron itself does.
func oracle(c Cron, from, to time.Time, loc *time.Location) []time.Time {
	var due []time.Time
	m := from.Add(-2 * day).Truncate(time.Minute).In(loc)
	last := wallOf(m) - wallMinute
	highest := last
	for ; !m.After(to); m = m.Add(time.Minute) {
		now := wallOf(m)
		fires := matches(c, now) && (now > highest || c.hour == everyHour)
		for skipped := last + wallMinute; skipped < now && c.hour != everyHour; skipped += wallMinute {
			date := skipped.midnight()
			exists := date == last.midnight() || date == now.midnight()
			fires = fires || exists && skipped > highest && matches(c, skipped)
		}
		if fires && m.After(from) {
			due = append(due, m)
		}
		last, highest = now, max(highest, now)
	}
	return due
}

func TestCronAgainstAClockThatIsWatched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		from := sometime(t, loc)
		c := someLine(t)
		to := from.Add(3 * day)
		at := from
		for _, want := range oracle(c, from, to, loc) {
			next, ok := c.Next(at, loc)
			if !ok || !next.Equal(want) {
				t.Fatalf("%s: after %s comes %s, want %s", c, at.In(loc), next, want)
			}
			at = next
		}
		if next, ok := c.Next(at, loc); ok && !next.After(to) {
			t.Fatalf("%s: after %s comes %s, want none until %s", c, at.In(loc), next, to)
		}
	})
}

func TestCronNextIsMonotonic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := somewhere(t)
		one := sometime(t, loc)
		other := one.Add(time.Duration(rapid.Int64Range(0, 72*60).Draw(t, "later")) * time.Minute)
		c := someLine(t)
		first, ok := c.Next(one, loc)
		second, okToo := c.Next(other, loc)
		if !ok || !okToo || !first.After(one) || second.Before(first) || first.Location() != loc {
			t.Fatalf("%s: after %s comes %s, after %s comes %s", c, one, first, other, second)
		}
	})
}
