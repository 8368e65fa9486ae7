package store

import "errors"

// Unavailable marks an error that says nothing about what was asked: the database is gone,
// its disk is full, somebody else holds it. The same call may succeed later, so whoever gets
// such an error waits and repeats it, and gives nothing up because of it. An implementation
// marks what it knows to be so; an error without the mark may still be one. The mark
// unwraps. Unavailable(nil) is nil.
func Unavailable(err error) error {
	if err == nil {
		return nil
	}
	return &unavailableError{err: err}
}

// IsUnavailable reports whether err or anything it wraps was marked by Unavailable.
func IsUnavailable(err error) bool {
	var u *unavailableError
	return errors.As(err, &u)
}

type unavailableError struct{ err error }

func (e *unavailableError) Error() string { return e.err.Error() }
func (e *unavailableError) Unwrap() error { return e.err }
