package store

import "context"

// ProfileRef names a profile of the store.
type ProfileRef struct {
	Partition int
	Profile   string
}

// Look asks for a profile's state, and whether an address is on the suppression list. An
// empty Address is on no list.
type Look struct {
	ProfileRef
	Address
}

// Sight answers a Look. State is nil for an unknown profile, of which Suppressed says
// nothing.
type Sight struct {
	State      []byte
	Suppressed bool
}

// Standing is the last look of a worker before it hands a message over.
type Standing interface {
	// Look answers each Look, in order, as last committed, all of one moment where they are
	// few. It only reads, and waits for no writer.
	Look(ctx context.Context, looks []Look) ([]Sight, error)
}

// Refreshing finds the profiles that a new workspace version has yet to meet.
type Refreshing interface {
	// Stale returns ids of profiles of a partition whose Snapshot differs from the given one,
	// in ascending order of bytes, starting after afterID ("" starts at the first), at most
	// limit. It costs what it returns, however many profiles there are.
	Stale(ctx context.Context, partition int, snapshot, afterID string, limit int) ([]string, error)
	// StaleCount returns how many profiles of all partitions are stale. Partitions are
	// counted one after the other, each exactly, so while batches are committed the sum is of
	// no single moment. It costs time for each profile it counts (none when all are fresh):
	// progress should ask every few seconds, not for every batch.
	StaleCount(ctx context.Context, snapshot string) (int, error)
}
