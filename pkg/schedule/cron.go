package schedule

import (
	"math/bits"
	"time"
)

// Cron is a line of crontab(5): minute, hour, day of the month, month, day of the week.
// Make one with ParseCron; the zero Cron never comes.
//
// When both days are restricted, either is enough; a field that begins with * does not count
// as restricted ("0 9 */2 * mon": Mondays with an odd date), as in Vixie cron.
type Cron struct {
	text                          string
	minute, hour, dom, month, dow uint64 // Bit n is set when n is allowed.
	either                        bool   // One of dom and dow is enough.
}

// String is the line as it was written.
func (c Cron) String() string { return c.text }

// everyHour is the mask of hours of which none is left out.
const everyHour = 1<<24 - 1

// Next is the first instant strictly after another at which the line comes. ok is false when
// it never does. What a change of the clock does is told in the package's comment.
func (c Cron) Next(after time.Time, loc *time.Location) (next time.Time, ok bool) {
	t := in(after, loc)
	if c.hour == everyHour {
		return c.nextShown(t)
	}
	// Walls up to the one shown at t have been shown by then, and what they stand for is over.
	from := wallOf(t).minute() + wallMinute
	for {
		if from, ok = c.match(from); !ok {
			return time.Time{}, false
		}
		date := from.midnight()
		due, exists := clockOn(date, from-date, t.Location())
		switch {
		case !exists:
			from = date + wallDay
		case due.After(t):
			return due, true
		default: // It stands for the first time that it was shown, in an hour that is repeated now.
			from += wallMinute
		}
	}
}

// nextShown is the first instant after t at which the clock shows a wall that matches, once
// more in an hour that is repeated, and never in one that is left out.
func (c Cron) nextShown(t time.Time) (next time.Time, ok bool) {
	from := wallOf(t).minute() + wallMinute
	for range maxSpans {
		w, ok := c.match(from)
		if !ok {
			break
		}
		_, offset := t.Zone()
		due := time.Unix(int64(w)-int64(offset), 0).In(t.Location())
		set, more := change(t)
		if !more || due.Before(set) {
			return due, true
		}
		// The clock is set before that. Unless it is set back to before from, it shows nothing
		// that matches until about then, so that what else is set on the way can be passed over.
		if near := due.Add(-2 * day); wallOf(set) >= from && near.After(set) {
			set = near
		}
		t = set
		from = (wallOf(t) + wallMinute - 1).minute()
	}
	return time.Time{}, false
}

// calendarYears is how long it takes the Gregorian calendar to repeat itself, weekdays and
// all: a line that does not match in that time never does.
const calendarYears = 400

// match is the first whole minute from w on that matches.
func (c Cron) match(w wall) (wall, bool) {
	w = (w + wallMinute - 1).minute()
	date := w.midnight()
	if clock, ok := c.clockFrom(w - date); ok && c.onDate(time.Unix(int64(date), 0).UTC()) {
		return date + clock, true
	}
	clock, ok := c.clockFrom(0)
	if !ok {
		return 0, false
	}
	year, month, day := time.Unix(int64(date+wallDay), 0).UTC().Date()
	for last := year + calendarYears; year <= last; {
		for ; c.month>>month&1 == 1 && day <= daysIn(year, month); day++ {
			if d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); c.onDate(d) {
				return wall(d.Unix()) + clock, true
			}
		}
		if day, month = 1, month+1; month > time.December {
			month, year = time.January, year+1
		}
	}
	return 0, false
}

// clockFrom is the first time of the day from another on that matches.
func (c Cron) clockFrom(clock wall) (wall, bool) {
	hour, minute := uint(clock/wallHour), uint(clock%wallHour/wallMinute)
	if c.hour>>hour&1 == 1 {
		if m := c.minute >> minute << minute; m != 0 {
			return wall(hour)*wallHour + wall(bits.TrailingZeros64(m))*wallMinute, true
		}
	}
	later := c.hour >> (hour + 1) << (hour + 1)
	if later == 0 || c.minute == 0 {
		return 0, false
	}
	return wall(bits.TrailingZeros64(later))*wallHour + wall(bits.TrailingZeros64(c.minute))*wallMinute, true
}

func (c Cron) onDate(date time.Time) bool {
	_, month, day := date.Date()
	dom, dow := c.dom>>day&1 == 1, c.dow>>date.Weekday()&1 == 1
	return c.month>>month&1 == 1 && (dom && dow || c.either && (dom || dow))
}
