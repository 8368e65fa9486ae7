package ingest

import (
	"strings"

	"rapport/pkg/event"
)

// browserMay says no to what only a server may say. A browser's key is public: whoever reads a
// page can send whatever the key allows, about anybody whose id they know. So it may tell what
// visitors do, and introduce a visitor as a customer; it may not change where a customer's mail
// goes, take names apart or together otherwise, or speak for providers and for Rapport.
func browserMay(c *call, verb string, e *event.Event) *fieldError {
	switch verb {
	case "page", "screen":
		return nil
	case "track":
		return browserTrack(e)
	case "identify":
		return browserTraits(e)
	case "alias":
		if anonymous, err := visitor(c); err == nil && anonymous != "" && !strings.HasPrefix(e.Subject, event.AnonymousPrefix) {
			if before, err := previous(c, verb); err == nil && before == anonymous {
				return nil // what identify with both ids says, too
			}
		}
		return wrong("previousId", "is not the anonymousId of the same call, and the write key is one for browsers: join other ids from a server").because(forbidden)
	}
	return wrong("type", "%s is not for browsers' keys: send track, page, screen or identify, or send it from a server", verb).because(forbidden)
}

// browserTrack keeps the types of the server's side out: those by which consent, addresses and the
// catalogue change, or that count as a provider's or an engine's word.
func browserTrack(e *event.Event) *fieldError {
	area, _, _ := strings.Cut(e.Type, ".")
	switch area {
	case "email", "sms", "whatsapp", "profile", "consent", "preferences", "segment", "prediction", "loyalty", "schedule", "date", "task":
	default:
		if !product(e) && e.Type != event.OrderRefunded {
			return browserTraits(e)
		}
	}
	return wrong("event", "%s is not for browsers' keys, with which anybody could say it of anybody: send it from a server", e.Type).because(forbidden)
}

// browserTraits keeps the addresses of customers out of reach: with them, mail for one person would
// go to another. Visitors may give theirs: nobody else's depend on it.
func browserTraits(e *event.Event) *fieldError {
	if strings.HasPrefix(e.Subject, event.AnonymousPrefix) {
		return nil
	}
	update, err := e.Profile()
	if err != nil || update == nil {
		return nil //nolint:nilerr // What cannot be read is refused by who validates the event.
	}
	for _, name := range []string{"email", "phone"} {
		if _, given := update.Traits[name]; given {
			return wrong("traits."+name, "is the address of a customer (userId), and the write key is one for browsers: send it from a server, or for the visitor, without userId").because(forbidden)
		}
	}
	return nil
}
