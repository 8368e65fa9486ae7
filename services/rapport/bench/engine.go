package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// place is where a shop's data lies: the directory of `rapport up --data`, and the URL of
// its store; an empty one is the database in the directory.
type place struct{ dir, url string }

// engine is the kind of store that is measured.
type engine interface {
	kind() string     // SQLite or Postgres
	describe() string // with its version
	// blank makes a place with an empty store. name tells it from others that the engine has.
	blank(ctx context.Context, dir, name string) (place, error)
	// copy makes a place with what is in the store of another, which must not be open.
	copy(ctx context.Context, from place, dir, name string) (place, error)
	// found is the place of a seed that was finished; ok is false when it is gone.
	found(ctx context.Context, dir, name string) (p place, ok bool, err error)
	// drop removes what a place takes besides its directory.
	drop(ctx context.Context, p place) error
	open(ctx context.Context, p place, o *Options) (store.Store, error)
	// cpu is the processor time of the engine's own processes, and memory what they take:
	// errElsewhere when they cannot be looked at. Both are zero when it has none.
	cpu() (time.Duration, error)
	memory() (int64, error)
	close() error
}

// errElsewhere says that a database server is not ours to look into.
var errElsewhere = errors.New("the database server was named by its URL: its processes are not looked at")

func newEngine(ctx context.Context, o *Options) (engine, error) {
	if o.Store == SQLite {
		return embeddedStore{}, nil
	}
	return newServer(ctx, o)
}

// embeddedStore is SQLite: a file in the data directory, and no process of its own.
type embeddedStore struct{}

func (embeddedStore) kind() string     { return SQLite }
func (embeddedStore) describe() string { return "sqlite, embedded, every commit synced" }

func (embeddedStore) blank(_ context.Context, dir, _ string) (place, error) {
	return place{dir: dir}, nil
}

func (embeddedStore) found(_ context.Context, dir, _ string) (place, bool, error) {
	return place{dir: dir}, true, nil
}

func (embeddedStore) drop(context.Context, place) error { return nil }
func (embeddedStore) cpu() (time.Duration, error)       { return 0, nil }
func (embeddedStore) memory() (int64, error)            { return 0, nil }
func (embeddedStore) close() error                      { return nil }

// copy copies the database. A store that was closed has folded its log into the one file.
func (embeddedStore) copy(_ context.Context, from place, dir, _ string) (place, error) {
	const name = "rapport.db"
	if err := copyFile(filepath.Join(from.dir, name), filepath.Join(dir, name)); err != nil {
		return place{}, fmt.Errorf("copy the seed: %w", err)
	}
	return place{dir: dir}, nil
}

func (embeddedStore) open(ctx context.Context, p place, o *Options) (store.Store, error) {
	return sqlite.Open(ctx, sqlite.Options{Dir: p.dir, Logger: o.Logger})
}

// copyFile copies a file and syncs it, so that the copy is not still being written while
// something is measured.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // It was only read.
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}
