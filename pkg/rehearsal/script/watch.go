package script

import (
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
)

// watched is the engine of a test, which tells the notes what it is about to deal with:
// observers are not told.
type watched struct {
	*journey.Set
	notes *notes
}

// Event applies an event.
func (w watched) Event(st *journey.State, ev *event.Event, now time.Time, trace string) []journey.Effect {
	w.notes.event = ev
	defer func() { w.notes.event = nil }()
	return w.Set.Event(st, ev, now, trace)
}
