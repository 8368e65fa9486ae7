package postgres

import (
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store/form"
)

// stamp turns a time into what the database keeps: nanoseconds, or NULL for the zero time.
func stamp(what string, t time.Time) (pgtype.Int8, error) {
	if t.IsZero() {
		return pgtype.Int8{}, nil
	}
	ns, err := form.Time(what, t)
	return pgtype.Int8{Int64: ns, Valid: err == nil}, err
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
