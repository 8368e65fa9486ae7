package sqlite

import (
	"database/sql"
	"time"

	"rapport/pkg/store/form"
)

// stamp turns a time into what the database keeps: nanoseconds, or NULL for the zero time.
func stamp(what string, t time.Time) (any, error) {
	if t.IsZero() {
		return nil, nil
	}
	return mustStamp(what, t)
}

// mustStamp is stamp for times that have to be there.
func mustStamp(what string, t time.Time) (any, error) { return form.Time(what, t) }

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
