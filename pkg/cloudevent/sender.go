package cloudevent

import (
	"strings"

	"rapport/pkg/event"
)

// SentBy makes sure that an event is of the one who sent it: name is what the sender signed in as, and the
// attribute source is what it says of itself. A source that is the name, or goes on behind it with a
// slash or a colon, stays as it is; any other becomes "<name>/<source>". So nobody can speak for
// another, and two systems that send under one name keep their ids apart. Errors are *event.FieldError.
func SentBy(name string, e *event.Event) error {
	if rest, ok := strings.CutPrefix(e.Source, name); !ok || (rest != "" && rest[0] != '/' && rest[0] != ':') {
		e.Source = name + "/" + e.Source
	}
	if err := own(e); err != nil {
		return err
	}
	return validate(e)
}
