package bus

import "errors"

// Class says in one word why a message became a dead letter. The set is closed, so that
// metrics can be told apart by it; Dead.Reason has the words.
type Class string

// The classes. What is not marked with Because is told apart by its error.
const (
	Unreadable Class = "unreadable" // it is not what its stream is for: no event, no command
	Refused    Class = "refused"    // it could be read, and trying again would not help
	Poison     Class = "poison"     // it could be read, and it alone could not be applied
	TooLarge   Class = "too_large"  // it, or what follows from it, is larger than a stream takes
	GaveUp     Class = "gave_up"    // each of the attempts failed
	NoAnswer   Class = "no_answer"  // delivered again and again; it probably ends its process
)

// Classes returns every class.
func Classes() []Class { return []Class{Unreadable, Refused, Poison, TooLarge, GaveUp, NoAnswer} }

// Because marks an error with the class of the dead letter that it makes; the outermost mark
// counts. It unwraps, and says nothing of whether trying again helps. Because(c, nil) is nil.
func Because(c Class, err error) error {
	if err == nil {
		return nil
	}
	return &classError{class: c, err: err}
}

// ClassOf is the class that an error was marked with, or the one that its properties tell:
// too large, permanent, or neither, so that somebody gave up.
func ClassOf(err error) Class {
	var marked *classError
	switch {
	case errors.As(err, &marked):
		return marked.class
	case IsTooLarge(err):
		return TooLarge
	case IsPermanent(err):
		return Refused
	}
	return GaveUp
}

type classError struct {
	class Class
	err   error
}

func (e *classError) Error() string { return e.err.Error() }
func (e *classError) Unwrap() error { return e.err }
