package identity

import (
	"encoding/json"

	"rapport/pkg/event"
)

// StatementsOf are the statements of an event about its subject and other ids: those of
// event.ProfileUpdate.Also, of profile.aliased and of profile.unaliased. What names no other id
// that somebody could have says nothing.
func StatementsOf(e *event.Event) []Statement {
	var list []Statement
	say := func(other string, joined bool) {
		if other == "" || other == e.Subject || len(other) > maxID || Reserved(other) {
			return
		}
		list = append(list, Statement{A: other, B: e.Subject, Joined: joined, At: e.Time, UID: e.UID()})
	}
	if u, err := e.Profile(); err == nil && u != nil {
		for _, other := range u.Also {
			say(other, true)
		}
	}
	switch e.Type {
	case event.ProfileAliased:
		say(previous(e), true)
	case event.ProfileUnaliased:
		say(previous(e), false)
	}
	return list
}

// maxID is how long an id may be that an event names beside its subject: as long as a subject.
const maxID = 256

// previous is the other id of an alias; "" when it has none.
func previous(e *event.Event) string {
	var data struct {
		ID string `json:"previous_id"`
	}
	_ = json.Unmarshal(e.Data, &data) // What cannot be read names nobody.
	return data.ID
}
