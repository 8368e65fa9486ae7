package store

import (
	"context"
	"time"
)

// Version is one version of the whole workspace: all its files as they were. ID is a hash
// of the content, so that the same files have the same ID, whoever saves them when.
type Version struct {
	ID    string           `json:"id"`
	At    time.Time        `json:"at"` // when it was first saved
	By    string           `json:"by,omitempty"`
	Note  string           `json:"note,omitempty"`
	Holds []JourneyVersion `json:"holds,omitempty"` // ordered by journey, then version
	// Files by name, byte for byte; nil where only the list of versions was asked for.
	Files map[string][]byte `json:"-"`
}

// JourneyVersion names a version of one journey: Version is the content hash of its
// definition, which instances pin, and which many workspace versions may share.
type JourneyVersion struct {
	Journey string `json:"journey"`
	Version string `json:"version"`
}

// Application is one time that a workspace version was put in force.
type Application struct {
	Version string    `json:"version"` // ID of the workspace version
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"`
}

// Versioning keeps what workspaces were, and says which one is in force.
type Versioning interface {
	// SaveVersion keeps a version. One whose ID is there already changes nothing: the first
	// At, By, Note, Holds and Files stay. The store may compress files; it keeps any names
	// and any bytes.
	SaveVersion(ctx context.Context, v Version) error
	// Versions returns all versions without their files, newest first (by At, then ID).
	Versions(ctx context.Context) ([]Version, error)
	// Version returns one version with its files; ErrNotFound when it was never saved, or was
	// pruned.
	Version(ctx context.Context, id string) (Version, error)
	// VersionOf returns the ID of the newest version that holds a version of a journey;
	// ErrNotFound when there is none.
	VersionOf(ctx context.Context, journey, version string) (string, error)
	// Apply puts a saved version in force; ErrNotFound when it is not there. To apply what is
	// in force already changes nothing, so that a repeat does not move the time since when.
	Apply(ctx context.Context, id string, at time.Time, by string) error
	// Applied returns the last applications, latest first, at most limit: the first of them
	// is in force. They are ordered by when Apply was called, whatever At says, and stay when
	// their versions are pruned.
	Applied(ctx context.Context, limit int) ([]Application, error)
	// PruneVersions removes versions that nobody needs and returns how many. It keeps the
	// newest keep versions; the one in force and the one in force before it, which workers may
	// still be at; and for each version of a journey that Resting counts in any partition, the
	// newest version that holds it, which is what VersionOf answers.
	PruneVersions(ctx context.Context, keep int) (int, error)
}
