package delivery

import (
	"errors"
	"fmt"
	"time"

	"rapport/pkg/message"
)

// class says what a failed attempt means for the message.
type class int

const (
	permanent   class = iota + 1 // no attempt can succeed
	transient                    // this message was put off; nothing was handed over
	unavailable                  // nobody's message would pass now; nothing was handed over
	unknown                      // the provider may have taken it
	repeatable                   // it may have, and knows a repeat
	later                        // this message was put off for long; nothing was handed over
	blocked                      // the recipient's side refuses the sender; nothing was handed over
)

// Fault is an error of a channel together with what it means for the message. Its text
// may hold addresses, as providers repeat them; the pipeline scrubs what it keeps.
type Fault struct {
	class  class
	reason message.Reason
	err    error
	after  time.Duration // what the provider asks to wait, at least

	later      []time.Duration // of later, the pauses before further attempts
	slow       bool            // the recipient's side wants fewer messages
	kind, code string          // of a refused recipient, as in the receipt
}

func (f *Fault) Error() string { return f.err.Error() }

// Unwrap gives the channel's own error.
func (f *Fault) Unwrap() error { return f.err }

// Permanent says that the message can never be sent, and why; detail is the provider's
// words.
func Permanent(reason message.Reason, detail string) error {
	return &Fault{class: permanent, reason: reason, err: errors.New(detail)}
}

// Transient says that the provider put this message off: it was certainly not handed
// over and may pass later.
func Transient(err error) error {
	return &Fault{class: transient, reason: message.ReasonUnavailable, err: err}
}

// Unavailable says that the provider cannot be worked with at all (no connection, wrong
// credentials, rate limit): the message was certainly not handed over, and others would
// not pass either. It is what opens the circuit breaker.
func Unavailable(err error) error {
	return &Fault{class: unavailable, reason: message.ReasonUnavailable, err: err}
}

// Unknown says that the message may have been handed over.
func Unknown(err error) error {
	return &Fault{class: unknown, reason: message.ReasonInFlight, err: err}
}

// Repeatable says that the message may have been handed over, to a provider that knows a
// repeat by the message's id: it is sent again like one that was put off. When it never
// succeeds, it is uncertain. Like Unavailable it counts against the provider.
func Repeatable(err error) error {
	return &Fault{class: repeatable, reason: message.ReasonInFlight, err: err}
}

// After is the fault with the time that the provider asks to wait before the next attempt.
// More than Options.Patience is not waited.
func After(err error, d time.Duration) error {
	f := *faultOf(err)
	f.after = d
	return &f
}

// faultOf finds what an attempt's error means. An error without a class is taken for
// Unknown: to guess that nothing was handed over could send a message twice.
func faultOf(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{class: unknown, reason: message.ReasonInFlight, err: err}
}

// renderFault is the same for rendering, where nothing can have been handed over.
func renderFault(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{class: permanent, reason: message.ReasonRender, err: err}
}

// CommandError says that a message of the SEND stream is not a command that can be
// delivered. Repeating it cannot help.
type CommandError struct {
	Reason string // what is wrong, without values
}

func (e *CommandError) Error() string { return "not a deliverable command: " + e.Reason }

// check says what a command lacks for this channel.
func check(c *message.Command, ch message.Channel) error {
	switch {
	case c.ID == "":
		return &CommandError{"id is missing"}
	case c.Profile == "":
		return &CommandError{"profile is missing"}
	case c.Template == "":
		return &CommandError{"template is missing"}
	case c.Channel != ch:
		return &CommandError{fmt.Sprintf("channel is %q, this worker sends %q", c.Channel, ch)}
	case c.DecidedAt.IsZero():
		return &CommandError{"decided_at is missing"}
	}
	return nil
}

// SameKind reports whether two errors of a channel mean the same for a message: both
// Permanent with the same reason, both Transient, and so on. Tests of channels ask it.
func SameKind(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	fa, fb := faultOf(a), faultOf(b)
	return fa.class == fb.class && fa.reason == fb.reason
}
