package store

import (
	"context"
	"strings"
)

// IdentityRow is what is known of one id: which other ids are the same person's (package
// identity). State is opaque here, and replaces a former one; nil removes the row. The rows of
// all ids lie in one partition, whatever partition their profiles are in. A batch names an id
// once.
type IdentityRow struct {
	ID    string
	State []byte
}

// Identifying reads what batches wrote about ids (Batch.Identities).
type Identifying interface {
	// Identities returns the states of ids, in order, as the partition last committed them;
	// nil of an id that has none.
	Identities(ctx context.Context, partition int, ids []string) ([][]byte, error)
}

const passed = "passed/"

// PassedID is the id of the timeline row of an event that came under another id of the person's.
func PassedID(of, uid string) string { return passed + of + "/" + uid }

// PassedUID is the event's uid in the row of KindPassed.
func (t *TimelineRow) PassedUID() string {
	return strings.TrimPrefix(t.ID, passed+t.Detail+"/")
}
