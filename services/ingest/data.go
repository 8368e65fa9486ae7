package ingest

import (
	"bytes"
	"encoding/json"
	"strings"

	"rapport/pkg/event"
)

// data puts an event's data together: the properties as they came, what the verb
// adds, and the reserved property with what is said about the person.
func (o *origin) data(c *call, verb string, e *event.Event, pc *personContext) (json.RawMessage, *fieldError) {
	props, err := object("properties", c.Properties)
	if err != nil {
		return nil, err
	}
	before := ""
	switch verb {
	case "page", "screen":
		props = join(props, absentMember(props, "name", c.Name), absentMember(props, "category", c.Category))
	case "group":
		traits, err := object("traits", c.Traits)
		if err != nil {
			return nil, err
		}
		props = join(props, member("group_id", c.GroupID), member("traits", traits))
	case "alias", "unalias":
		if before, err = previous(c, verb); err != nil {
			return nil, err
		}
		props = join(props, member("previous_id", quoted(before)))
	case "identify":
		if first(c.UserID, c.UserIDSnake) != nil {
			props = join(props, member("anonymous_id", first(c.AnonymousID, c.AnonymousIDSnake)))
		}
	}
	visitor, err := also(c, verb, e.Subject, before)
	if err != nil {
		return nil, err
	}
	said, err := o.profile(c, verb, e.Time, pc)
	if err != nil {
		return nil, err
	}
	// The name cannot be in the properties in disguise: an escaped form of it is
	// the same name to a decoder, but is written by nobody by accident.
	if bytes.Contains(props, []byte(event.ProfileProperty)) && has(props, event.ProfileProperty) {
		return o.ownProfile(props, said, visitor)
	}
	if visitor != "" {
		said.Also = []string{visitor}
	}
	if said.empty() {
		return join(props), nil
	}
	update, merr := said.encode()
	if merr != nil {
		return nil, wrong("context", "cannot be written as JSON: %v", merr)
	}
	return join(props, member(event.ProfileProperty, update)), nil
}

// ownProfile is for senders that write the reserved property themselves.
func (o *origin) ownProfile(props json.RawMessage, said profileUpdate, visitor string) (json.RawMessage, *fieldError) {
	field := "properties." + event.ProfileProperty
	if !said.empty() {
		return nil, wrong(field, "is given together with traits or consent: use one of them")
	}
	if o.key.Browser {
		return nil, wrong(field, "is for servers, and the write key is one for browsers: use identify and context.consent").because(forbidden)
	}
	e := event.Event{Data: props}
	update, err := e.Profile()
	if err != nil {
		return nil, wrong(field, "cannot be read: %s", strings.TrimPrefix(err.Error(), "data."))
	}
	if update == nil {
		return props, nil
	}
	if err := checkUpdate(field, update); err != nil {
		return nil, err
	}
	return withAlso(props, update, visitor)
}

// checkUpdate looks at a reserved property that a sender wrote.
func checkUpdate(field string, update *event.ProfileUpdate) *fieldError {
	for i, u := range update.Consent {
		if err := checkConsent(itemField(field+".consent", i), u); err != nil {
			return err
		}
	}
	return checkAlso(field+".also", update.Also)
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
