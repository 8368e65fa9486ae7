package schedule

import (
	"strings"
	"time"
)

// Annual is the first occurrence strictly after an instant of a yearly date at a local time,
// moved by an offset: whole days of it are calendar days in the zone, what is left over is an
// exact duration. In common years 29 February is the 28th, before it is moved. A month or
// day that no year has gives the zero time.
func Annual(month time.Month, day int, at Clock, offset time.Duration, after time.Time, loc *time.Location) time.Time {
	if !realDate(0, month, day) {
		return time.Time{}
	}
	after = in(after, loc)
	// The date belongs to the year that the offset has moved it from, give or take one.
	first := after.Add(-offset).Year() - 1
	for year := first; year <= first+3; year++ {
		d := day
		if month == time.February && day == 29 && !leap(year) {
			d = 28
		}
		if t := On(year, month, d, at, offset, after.Location()); t.After(after) {
			return t
		}
	}
	return time.Time{}
}

// On is the instant of a local time on a date, moved by an offset as Annual does. A date that
// does not exist gives the zero time.
func On(year int, month time.Month, day int, at Clock, offset time.Duration, loc *time.Location) time.Time {
	if !realDate(year, month, day) {
		return time.Time{}
	}
	if loc == nil {
		loc = time.UTC
	}
	days := int(offset / (24 * time.Hour))
	return wallOn(year, month, day+days, at).first(loc).Add(offset % (24 * time.Hour))
}

// ParseDate reads the value of a trait that is a date:
//
//	1985-04-12                  a date
//	--04-12, 04-12, 0000-04-12  one whose year nobody told (the first is XML Schema's gMonthDay): year is 0
//	1985-04-12T06:30:00+02:00   RFC 3339, also with a space for the T, or without a zone: the date as it is written
//	time.Time                   its date where it is
//
// ok is false for everything else, and for dates that do not exist, such as 1985-02-29: which
// day was meant instead is not for a machine to say.
func ParseDate(v any) (year int, month time.Month, day int, ok bool) {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return 0, 0, 0, false
		}
		year, month, day = v.Date()
		return year, month, day, true
	case string:
		return parseDate(strings.TrimSpace(v))
	}
	return 0, 0, 0, false
}

func parseDate(s string) (year int, month time.Month, day int, ok bool) {
	const length = len("1985-04-12")
	switch {
	case len(s) > length:
		if !parsesAsTime(s) {
			return 0, 0, 0, false
		}
		s = s[:length]
	case len(s) == len("--04-12") && strings.HasPrefix(s, "--"):
		s = "0000" + s[1:]
	case len(s) == len("04-12"):
		s = "0000-" + s
	case len(s) != length:
		return 0, 0, 0, false
	}
	if s[4] != '-' || s[7] != '-' {
		return 0, 0, 0, false
	}
	year, okYear := digits(s[:4], 4, 4)
	m, okMonth := digits(s[5:7], 2, 2)
	day, okDay := digits(s[8:], 2, 2)
	if !okYear || !okMonth || !okDay || !realDate(year, time.Month(m), day) {
		return 0, 0, 0, false
	}
	return year, time.Month(m), day, true
}

func parsesAsTime(s string) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", time.DateTime} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

// realDate reports whether a year has a date; 0 stands for a year that is not known, and may
// be a leap year.
func realDate(year int, month time.Month, day int) bool {
	return time.January <= month && month <= time.December && 1 <= day && day <= daysIn(year, month)
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.February:
		if leap(year) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return 31
}

// leap reports whether a year of the Gregorian calendar has 366 days.
func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }
