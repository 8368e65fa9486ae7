package form

import (
	"fmt"
	"math"
	"time"
)

// The times that fit 64 bits of nanoseconds: the years 1678 to 2261, and a bit.
var (
	minTime = time.Unix(0, math.MinInt64)
	maxTime = time.Unix(0, math.MaxInt64)
)

// Time turns a time that has to be there into nanoseconds; what names it in errors. A time
// outside of what 64 bits hold would come back as another, so it is refused.
func Time(what string, t time.Time) (int64, error) {
	if t.IsZero() {
		return 0, fmt.Errorf("%s is missing", what)
	}
	if t.Before(minTime) || t.After(maxTime) {
		return 0, fmt.Errorf("%s is %s: the store keeps times from %d to %d", what,
			t.Format(time.RFC3339), minTime.Year()+1, maxTime.Year()-1)
	}
	return t.UnixNano(), nil
}

// Bound turns a time into a limit to compare with: one out of range is the limit itself.
func Bound(t time.Time) int64 {
	switch {
	case t.Before(minTime):
		return math.MinInt64
	case t.After(maxTime):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// Until is the bound of a time that rows lie before; none when it is zero.
func Until(to time.Time) int64 {
	if to.IsZero() {
		return math.MaxInt64
	}
	return Bound(to)
}
