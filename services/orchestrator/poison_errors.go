package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"net"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// blame is what a failure says about the input that met it.
type blame int

const (
	// nobody: the store, the broker or the recommender is away. Waiting helps, and nothing
	// may be given up.
	nobody blame = iota
	// perhaps: the error does not say. It is the input's fault if it alone fails, again and
	// again, while the store takes everything else.
	perhaps
	// itself: repeating it will not help.
	itself
)

func (b blame) String() string {
	switch b {
	case itself:
		return "itself"
	case perhaps:
		return "perhaps"
	}
	return "nobody"
}

// blamed reads the property of an error.
func blamed(err error) blame {
	var broken *panicError
	var far net.Error
	switch {
	case errors.As(err, &broken), errors.Is(err, store.ErrExists), bus.IsPermanent(err):
		return itself
	case isOutage(err), store.IsUnavailable(err), errors.As(err, &far),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nobody
	}
	return perhaps
}

// outage marks an error as nobody's fault.
func outage(err error) error {
	if err == nil {
		return nil
	}
	return &outageError{err: err}
}

func isOutage(err error) bool {
	var o *outageError
	return errors.As(err, &o)
}

type outageError struct{ err error }

func (e *outageError) Error() string { return e.err.Error() }
func (e *outageError) Unwrap() error { return e.err }

// panicError is a panic in engine code.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("the engine panicked: %v", e.value) }

// poisonError is why an event that could be read cannot be applied.
type poisonError struct{ err error }

// poisoned marks what makes an event poison, apart from what led to something too large.
func poisoned(cause error) error {
	class := bus.ClassOf(cause)
	if class != bus.TooLarge {
		class = bus.Poison
	}
	return bus.Because(class, &poisonError{err: cause})
}

func (e *poisonError) Error() string { return "cannot be applied: " + e.err.Error() }
func (e *poisonError) Unwrap() error { return e.err }
