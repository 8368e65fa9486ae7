package ingest

import (
	"encoding/json"
	"slices"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/jsontext"
)

// reservedPrefix begins subjects that the engine keeps for itself.
const reservedPrefix = "$"

// reserved says no to an id of Rapport's own.
func reserved(field, id string) *fieldError {
	if strings.HasPrefix(id, reservedPrefix) {
		return wrong(field, "begins with %q, which marks ids of Rapport's own: give the profile another id", reservedPrefix)
	}
	return nil
}

// userID is the userId of a call; "" when there is none.
func userID(c *call) (string, *fieldError) {
	user, err := identifier("userId", first(c.UserID, c.UserIDSnake))
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(user, event.AnonymousPrefix) {
		return "", wrong("userId", "begins with %q, which marks unknown visitors: send it as anonymousId, without the prefix", event.AnonymousPrefix)
	}
	return user, reserved("userId", user)
}

// visitor is the subject that stands for a call's anonymousId; "" when there is none.
func visitor(c *call) (string, *fieldError) {
	anonymous, err := identifier("anonymousId", first(c.AnonymousID, c.AnonymousIDSnake))
	if err != nil || anonymous == "" {
		return "", err
	}
	return event.AnonymousPrefix + anonymous, bounded("anonymousId", event.AnonymousPrefix+anonymous)
}

// maxID is what package event allows a subject, in bytes.
const maxID = 256

func bounded(field, id string) *fieldError {
	if len(id) > maxID {
		return wrong(field, "has %d bytes, at most %d are allowed", len(id), maxID)
	}
	return nil
}

// subject is the userId, else the anonymousId behind its prefix.
func subject(c *call) (string, *fieldError) {
	user, err := userID(c)
	if err != nil || user != "" {
		return user, err
	}
	anonymous, err := visitor(c)
	if err == nil && anonymous == "" {
		err = wrong("userId", "is missing, and so is anonymousId: one of them must name the profile")
	}
	return anonymous, err
}

// also is the unknown visitor that a call names beside a customer: the same person, says whoever
// sends both. A call that takes names apart says nothing like it.
func also(c *call, verb, subject, previous string) (string, *fieldError) {
	if verb == "unalias" || strings.HasPrefix(subject, event.AnonymousPrefix) {
		return "", nil
	}
	anonymous, err := visitor(c)
	if anonymous == previous {
		return "", err
	}
	return anonymous, err
}

// previous is the other id of alias and unalias. Segment's calls do not say whether it is a
// customer's or a visitor's: it is the visitor's when it equals the anonymousId of the same
// call or when nothing else is there; else it is taken as it stands, so that a sender who
// means a visitor can write the prefix.
func previous(c *call, verb string) (string, *fieldError) {
	id, err := identifier("previousId", c.PreviousID)
	if err != nil {
		return "", err
	}
	anonymous, err := visitor(c)
	switch {
	case err != nil:
		return "", err
	case id == "" && anonymous != "" && verb == "alias":
		return anonymous, nil
	case id == "":
		return "", wrong("previousId", "is missing: name the other id of the profile")
	case event.AnonymousPrefix+id == anonymous:
		return anonymous, nil
	}
	if err = reserved("previousId", id); err == nil {
		err = bounded("previousId", id)
	}
	return id, err
}

// checkPrevious looks at events that join or part ids and did not come as the calls for it.
func checkPrevious(data string, e *event.Event) *fieldError {
	if e.Type != event.ProfileAliased && e.Type != event.ProfileUnaliased {
		return nil
	}
	field := data + ".previous_id"
	raw := membersOf(e.Data)["previous_id"]
	id, err := text(field, raw)
	switch {
	case err != nil:
		return err
	case id == "":
		return wrong(field, "is missing: name the other id of the profile")
	case strings.ContainsFunc(id, control):
		return wrong(field, "has a control character: use printable characters only")
	}
	if err = reserved(field, id); err == nil {
		err = bounded(field, id)
	}
	return err
}

// checkAlso looks at the other ids that a sender wrote into the reserved property.
func checkAlso(field string, ids []string) *fieldError {
	for i, id := range ids {
		here := itemField(field, i)
		if id == "" || strings.ContainsFunc(id, control) {
			return wrong(here, "is empty or has a control character: name another id of the same person")
		}
		if err := reserved(here, id); err != nil {
			return err
		}
		if err := bounded(here, id); err != nil {
			return err
		}
	}
	return nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// withAlso adds the visitor to a reserved property that a sender wrote.
func withAlso(props json.RawMessage, update *event.ProfileUpdate, visitor string) (json.RawMessage, *fieldError) {
	if visitor == "" || slices.Contains(update.Also, visitor) {
		return props, nil
	}
	all := membersOf(props)
	own := membersOf(all[event.ProfileProperty])
	ids, err := json.Marshal(append(slices.Clone(update.Also), visitor))
	if err == nil {
		own["also"] = ids
		all[event.ProfileProperty], err = json.Marshal(own)
	}
	if err != nil {
		return nil, wrong("properties."+event.ProfileProperty, "cannot be written as JSON: %v", err)
	}
	out, err := json.Marshal(all)
	if err != nil {
		return nil, wrong("properties", "cannot be written as JSON: %v", err)
	}
	return out, nil
}

// quoted is text as JSON.
func quoted(s string) json.RawMessage { return jsontext.String(nil, s) }
