package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Clock is a time of day on the wall, to the minute: 00:00 to 23:59.
type Clock struct{ Hour, Minute int }

// ParseClock reads "10:00" or "9:05", on the 24-hour clock. The error says what is allowed.
func ParseClock(s string) (Clock, error) {
	hour, minute, ok := strings.Cut(s, ":")
	h, okH := digits(hour, 1, 2)
	m, okM := digits(minute, 2, 2)
	switch {
	case ok && okH && okM && h == 24 && m == 0:
		return Clock{}, fmt.Errorf("%q is no time of day: midnight is 00:00", s)
	case !ok || !okH || !okM || h > 23 || m > 59:
		return Clock{}, fmt.Errorf("%q is no time of day: write hours and minutes from 00:00 to 23:59, such as 09:30", s)
	}
	return Clock{Hour: h, Minute: m}, nil
}

// String is the clock as ParseClock reads it: "09:05".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// wall is how far into the day the clock stands.
func (c Clock) wall() wall { return wall(c.Hour)*wallHour + wall(c.Minute)*wallMinute }

// digits reads a number of low to high digits, and nothing else: no sign, no space.
func digits(s string, low, high int) (int, bool) {
	if len(s) < low || len(s) > high {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

const day = 24 * time.Hour
