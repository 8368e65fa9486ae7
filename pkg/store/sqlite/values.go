package sqlite

import (
	"database/sql"
	"fmt"
	"math"
	"time"
)

// The times that fit 64 bits of nanoseconds: the years 1678 to 2261, and a bit.
var (
	minTime = time.Unix(0, math.MinInt64)
	maxTime = time.Unix(0, math.MaxInt64)
)

// stamp turns a time into what the database keeps: nanoseconds, or NULL for the zero
// time. A time outside of what 64 bits hold would come back as another, so it is refused.
func stamp(what string, t time.Time) (any, error) {
	if t.IsZero() {
		return nil, nil
	}
	if t.Before(minTime) || t.After(maxTime) {
		return nil, fmt.Errorf("%s is %s: the store keeps times from %d to %d", what,
			t.Format(time.RFC3339), minTime.Year()+1, maxTime.Year()-1)
	}
	return t.UnixNano(), nil
}

// mustStamp is stamp for times that have to be there.
func mustStamp(what string, t time.Time) (any, error) {
	if t.IsZero() {
		return nil, fmt.Errorf("%s is missing", what)
	}
	return stamp(what, t)
}

// bound turns a time into a limit to compare with: one out of range is the limit itself.
func bound(t time.Time) int64 {
	switch {
	case t.Before(minTime):
		return math.MinInt64
	case t.After(maxTime):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// moment turns nanoseconds back into a time in UTC.
func moment(ns sql.NullInt64) time.Time {
	if !ns.Valid {
		return time.Time{}
	}
	return time.Unix(0, ns.Int64).UTC()
}

// momentOf is moment for a value as the driver gives it.
func momentOf(v any) time.Time {
	ns, ok := v.(int64)
	return moment(sql.NullInt64{Int64: ns, Valid: ok})
}

// text is NULL for the empty string.
func text[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// blob is NULL for no bytes.
func blob[T ~[]byte](b T) any {
	if len(b) == 0 {
		return nil
	}
	return []byte(b)
}

// flag is 1 or 0.
func flag(b bool) any {
	if b {
		return int64(1)
	}
	return int64(0)
}
