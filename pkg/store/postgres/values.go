package postgres

import (
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// The times that fit 64 bits of nanoseconds: the years 1678 to 2261, and a bit.
var (
	minTime = time.Unix(0, math.MinInt64)
	maxTime = time.Unix(0, math.MaxInt64)
)

// stamp turns a time into what the database keeps: nanoseconds, or NULL for the zero
// time. A time outside of what 64 bits hold would come back as another, so it is refused.
func stamp(what string, t time.Time) (pgtype.Int8, error) {
	if t.IsZero() {
		return pgtype.Int8{}, nil
	}
	if t.Before(minTime) || t.After(maxTime) {
		return pgtype.Int8{}, fmt.Errorf("%s is %s: the store keeps times from %d to %d", what,
			t.Format(time.RFC3339), minTime.Year()+1, maxTime.Year()-1)
	}
	return pgtype.Int8{Int64: t.UnixNano(), Valid: true}, nil
}

// mustStamp is stamp for times that have to be there.
func mustStamp(what string, t time.Time) (int64, error) {
	if t.IsZero() {
		return 0, fmt.Errorf("%s is missing", what)
	}
	ns, err := stamp(what, t)
	return ns.Int64, err
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

// until is the bound of a time that rows lie before; none when it is zero.
func until(to time.Time) int64 {
	if to.IsZero() {
		return math.MaxInt64
	}
	return bound(to)
}

// moment turns nanoseconds back into a time in UTC.
func moment(ns pgtype.Int8) time.Time {
	if !ns.Valid {
		return time.Time{}
	}
	return momentOf(ns.Int64)
}

func momentOf(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// clamp turns a number of an outbox batch into one to compare with; our own start at 1 and
// end long before the limit.
func clamp(seq uint64) int64 { return int64(min(seq, math.MaxInt64)) }
