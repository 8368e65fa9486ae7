package event

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Event is one thing that happened to one profile.
type Event struct {
	// ID is the producer's idempotency key, unique within Source.
	ID string
	// Source names the producer: a write key's name, "rapport/mailer", ...
	Source string
	// Type is a dotted lower-case past tense, see the catalogue in types.go.
	Type string
	// Subject is the profile: a customer's id as the shop knows it, or
	// AnonymousPrefix and an anonymous id.
	Subject string
	// Time is when it happened, by the producer's clock, in UTC.
	Time time.Time
	// Data is a JSON object with the event's properties. It is kept as bytes:
	// most events are stored and passed on without anybody looking inside.
	// It must not be changed once the event has been read from.
	Data json.RawMessage
	// Of is the id under which the event was sent, where the person behind it is known by
	// another one, which is then the Subject. Only the engine sets it, on what it passes on
	// from one of a person's ids to the other; who counts what happened skips those.
	Of string
	// Past marks what is told long after it happened, such as the orders of former years: it
	// counts, and nobody is written to because of it.
	Past bool

	read *body // Data as far as Rapport itself understands it, once asked for
}

// AnonymousPrefix marks subjects that are not (yet) a known customer.
const AnonymousPrefix = "anonymous:"

// ProfileProperty is the reserved property of Data that carries a ProfileUpdate.
const ProfileProperty = "$profile"

// UID identifies the event among all events of all producers: ids are only
// unique within a source (CloudEvents 1.0, section 3.1.1).
func (e *Event) UID() string { return e.Source + "#" + e.ID }

// Key is the subject as one token of a NATS subject, see the function Key.
func (e *Event) Key() string { return Key(e.Subject) }

// Key turns a profile id, which may be any text, into 16 hexadecimal digits: one
// NATS subject token, free of personal data. Events are partitioned by it.
func Key(profile string) string {
	sum := sha256.Sum256([]byte(profile))
	return hex.EncodeToString(sum[:8])
}
