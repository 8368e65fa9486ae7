package store

import (
	"context"
	"strings"
	"time"
)

// Erasure removes a person, in the transaction of a batch and before its other rows: what
// the batch writes about the same profile is already that of a new person.
//
// It removes the state with its timer, the timeline, the numbers, and what of the outbox is
// the person's (Key). Rows of messages stay as numbers: without profile, instance, detail,
// trace and the provider's id of them. Those taken out of the outbox become Suppressed for
// ReasonSuppressed, which gives way to Sent and Failed as Uncertain does, in case they were
// on their way. What the timeline counted (Counts: events, and who entered, left and finished)
// is kept as a number too. Claims have no personal data; they stay, so that nothing is
// handed over twice.
//
// What remains is a tombstone, the salted hash of the id with At, for ever: see Loaded.Erased.
type Erasure struct {
	Profile string
	At      time.Time
	// Key is the last token of the subjects of the person's messages in the outbox. Empty:
	// the outbox stays as it is.
	Key string
}

// Owns reports whether an outgoing message is one of the erased person.
func (e *Erasure) Owns(m *Outgoing) bool {
	return e.Key != "" && strings.HasSuffix(m.Subject, "."+e.Key)
}

// PhoneRow changes whose a number is. Former is the number that the profile had, Number
// the one that it has; either may be empty. A batch names a profile once.
type PhoneRow struct {
	Profile, Former, Number string
}

// Calling finds people by their number.
type Calling interface {
	// ByPhone returns the profiles that have a number, which several people may share, by
	// partition and profile. Numbers are found that batches wrote (Batch.Phones).
	ByPhone(ctx context.Context, number string) ([]ProfileRef, error)
}
