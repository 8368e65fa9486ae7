package store

import "context"

// ProfileRef names a profile of the store.
type ProfileRef struct {
	Partition int
	Profile   string
}

// Standing is the last look of a worker before it hands a message over.
type Standing interface {
	// States returns the state of each profile, in order, as last committed; nil for an
	// unknown one. It only reads, and waits for no writer.
	States(ctx context.Context, profiles []ProfileRef) ([][]byte, error)
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
