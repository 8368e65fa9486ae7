package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"rapport/pkg/event"
)

// data puts an event's data together: the properties as they came, what the verb
// adds, and the reserved property with what is said about the person.
func (o *origin) data(c *call, verb string, at time.Time) (json.RawMessage, *fieldError) {
	props, err := object("properties", c.Properties)
	if err != nil {
		return nil, err
	}
	switch verb {
	case "page", "screen":
		props = join(props, absentMember(props, "name", c.Name), absentMember(props, "category", c.Category))
	case "group":
		traits, err := object("traits", c.Traits)
		if err != nil {
			return nil, err
		}
		props = join(props, member("group_id", c.GroupID), member("traits", traits))
	case "alias":
		if _, err := identifier("previousId", c.PreviousID); err != nil {
			return nil, err
		}
		props = join(props, member("previous_id", c.PreviousID))
	case "identify":
		if first(c.UserID, c.UserIDSnake) != nil {
			props = join(props, member("anonymous_id", first(c.AnonymousID, c.AnonymousIDSnake)))
		}
	}
	said, err := o.profile(c, verb, at)
	if err != nil {
		return nil, err
	}
	// The name cannot be in the properties in disguise: an escaped form of it is
	// the same name to a decoder, but is written by nobody by accident.
	if bytes.Contains(props, []byte(event.ProfileProperty)) && has(props, event.ProfileProperty) {
		return ownProfile(props, said)
	}
	return join(props, member(event.ProfileProperty, said)), nil
}

// ownProfile is for senders that write the reserved property themselves.
func ownProfile(props, said json.RawMessage) (json.RawMessage, *fieldError) {
	field := "properties." + event.ProfileProperty
	if said != nil {
		return nil, wrong(field, "is given together with traits or consent: use one of them")
	}
	e := event.Event{Data: props}
	update, err := e.Profile()
	if err != nil {
		return nil, wrong(field, "cannot be read: %s", strings.TrimPrefix(err.Error(), "data."))
	}
	if update == nil {
		return props, nil
	}
	for i, u := range update.Consent {
		if err := checkConsent(itemField(field+".consent", i), u); err != nil {
			return nil, err
		}
	}
	return props, nil
}

// has reports whether an object has a member of its own with the name.
func has(obj json.RawMessage, name string) bool {
	_, ok := membersOf(obj)[name]
	return ok
}

func absentMember(obj json.RawMessage, name string, value json.RawMessage) []byte {
	if len(value) == 0 || (len(obj) > 0 && has(obj, name)) {
		return nil
	}
	return member(name, value)
}
