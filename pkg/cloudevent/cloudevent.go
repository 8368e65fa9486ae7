package cloudevent

import (
	"errors"
	"net/http"
	"time"

	"rapport/pkg/event"
)

// Item is one event of a request, or what is wrong with it.
type Item struct {
	Event event.Event
	// Err is nil, or a *event.FieldError that names the attribute and the remedy.
	Err error
	// ID is the id that the producer gave, also where the rest could not be read; "" when
	// there was none.
	ID string
}

// FromHTTP reads the events of an HTTP request (HTTP protocol binding 1.0.2). The error is about
// the request as a whole; what is wrong with one event stands in its Item, also when it
// is the only one. arrival is the time of events that have none.
func FromHTTP(h http.Header, body []byte, arrival time.Time) (items []Item, batched bool, err error) {
	return nil, false, errors.ErrUnsupported
}

// FromNATS reads the event of a NATS message (NATS protocol binding 1.0.2). Errors are
// *event.FieldError. arrival is the time of an event that has none.
func FromNATS(header map[string][]string, data []byte, arrival time.Time) (event.Event, error) {
	return event.Event{}, errors.ErrUnsupported
}
