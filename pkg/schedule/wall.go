package schedule

import "time"

// A wall is what the clock on the wall shows, as the seconds from 1970-01-01 00:00 to it as
// if no zone existed. Walls can be added to and compared; instants come from them only with
// the rules of a zone.
type wall int64

const (
	wallMinute = wall(60)
	wallHour   = 60 * wallMinute
	wallDay    = 24 * wallHour
	// reachBack is more than any zone has ever been ahead of UTC, so that a clock which is
	// looked at that long before a wall, taken as UTC, has not shown it yet.
	reachBack = wall(26 * 3600)
	// maxSpans is how many changes of the clock are looked at in one search. Searches cover
	// days and zones change a few times a year; the limit only answers for damaged rules.
	maxSpans = 64
)

// wallOf is what a zone's clock shows at an instant; t is in that zone already.
func wallOf(t time.Time) wall {
	_, offset := t.Zone()
	return wall(t.Unix() + int64(offset))
}

// wallOn is a time of day on a date; dates beyond the month roll over as in time.Date.
func wallOn(year int, month time.Month, day int, at Clock) wall {
	return wall(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()) + at.wall()
}

// midnight is the beginning of the wall's day.
func (w wall) midnight() wall { return w.down(wallDay) }

// minute is the beginning of the wall's minute.
func (w wall) minute() wall { return w.down(wallMinute) }

func (w wall) down(to wall) wall {
	over := w % to
	if over < 0 { // Before 1970.
		over += to
	}
	return w - over
}

func (w wall) weekday() time.Weekday { return time.Unix(int64(w), 0).UTC().Weekday() }

// first is the first instant at which the zone's clock shows w, or, when it never does, the
// first instant after the gap.
func (w wall) first(loc *time.Location) time.Time {
	return w.after(time.Unix(int64(w-reachBack), 0).In(loc))
}

// after is the first instant from t on at which the clock of t's zone shows w or more.
func (w wall) after(t time.Time) time.Time {
	for range maxSpans {
		_, offset := t.Zone()
		at := time.Unix(int64(w)-int64(offset), 0).In(t.Location())
		if !at.After(t) {
			return t
		}
		end, ok := change(t)
		if !ok || at.Before(end) {
			return at
		}
		t = end
	}
	return t
}

// change is the next instant at which the clock of t's zone may be set; ok is false when it
// never is again. Beyond the years that a zone's file lists, ZoneBounds ends each stretch
// 365 days into its year, which on 31 December of a leap year is in the past: then the next
// day is as good.
func change(t time.Time) (next time.Time, ok bool) {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return t, false
	}
	if !end.After(t) {
		end = t.Add(day)
	}
	return end, true
}

// in puts an instant into a zone; without a zone it is UTC.
func in(t time.Time, loc *time.Location) time.Time {
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc)
}
