package client

import (
	"errors"
	"fmt"
	"strings"

	"rapport/pkg/event"
)

// ErrFull is returned where the queue is full and Options.WhenFull is Refuse.
var ErrFull = errors.New("client: the queue is full: events come faster than they are stored")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("client: it is closed")

// Result is what became of one call. Without an error the event is stored.
type Result struct {
	// Call is as it was handed in, with the id that it got.
	Call Call
	// Err is nil, a *Rejection where the event is not wanted, or why it could not be stored.
	Err error
}

// Rejection says that an event is not taken as it is: which field is wrong, and what to do
// about it. Repeating it changes nothing.
type Rejection struct {
	ID     string // of the event
	Field  string // "subject", "data.products[2].price"; empty where it is not known
	Reason string
}

func (r *Rejection) Error() string {
	if r.Field == "" {
		return r.Reason
	}
	return r.Field + ": " + r.Reason
}

func reject(id, field, reason string) *Rejection {
	return &Rejection{ID: id, Field: field, Reason: reason}
}

// rejectionOf is what package event finds wrong with an event.
func rejectionOf(id string, err error) *Rejection {
	var field *event.FieldError
	if errors.As(err, &field) {
		return reject(id, field.Field, field.Reason)
	}
	return reject(id, "data", err.Error())
}

func tooLarge(size int) string {
	return fmt.Sprintf("makes an event of %d bytes, at most %d are taken: send less", size, maxEventBytes)
}

// NotStored says which events were not stored; it is returned by Flush and Close.
type NotStored struct {
	// Results are the events, each with its reason, in no particular order: those that were
	// rejected or given up since the last Flush (the first thousand), and those that still
	// waited when the context ended.
	Results []Result
	// More is how many further ones were rejected or given up.
	More int
	// Cause is why the wait ended early; nil when it did not.
	Cause error
}

func (e *NotStored) Error() string {
	n := len(e.Results) + e.More
	var b strings.Builder
	fmt.Fprintf(&b, "client: %d events are not stored", n)
	if n == 1 {
		b.Reset()
		b.WriteString("client: one event is not stored")
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, " (%v)", e.Cause)
	}
	if len(e.Results) > 0 {
		first := e.Results[0]
		fmt.Fprintf(&b, ": %s of %s: %v", first.Call.Type, first.Call.ID, first.Err)
	}
	return b.String()
}

// Unwrap gives the cause and the reasons.
func (e *NotStored) Unwrap() []error {
	var all []error
	if e.Cause != nil {
		all = append(all, e.Cause)
	}
	for _, r := range e.Results {
		if r.Err != nil {
			all = append(all, r.Err)
		}
	}
	return all
}
