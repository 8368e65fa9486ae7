package store

import (
	"context"
	"iter"
	"time"
)

// Replaying is what explanations, reports and back-tests read: what happened, in the order
// in which it did, and the states that came of it.
type Replaying interface {
	// History returns a profile's timeline from a time up to, not including, another, oldest
	// first; rows of one time in the order in which they were committed. A zero from is the
	// beginning, a zero to has no end.
	History(ctx context.Context, partition int, profile string, from, to time.Time) ([]TimelineRow, error)
	// Events yields the rows of kind KindEvent of all profiles of a partition, in the order
	// and between the times of History. It reads piece by piece, so that a consumer may take
	// its time and memory does not grow with the history; rows that are committed meanwhile
	// may be among them or not. After an error, which comes with an empty row, it ends.
	Events(ctx context.Context, partition int, from, to time.Time) iter.Seq2[TimelineRow, error]
	// Profile returns one profile with its state; ErrNotFound.
	Profile(ctx context.Context, partition int, id string) (ProfileRow, error)
	// Profiles returns profiles with their states in ascending order of the bytes of their
	// ids, starting after afterID ("" starts at the first), at most limit.
	Profiles(ctx context.Context, partition int, afterID string, limit int) ([]ProfileRow, error)
}
