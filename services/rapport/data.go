package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/sqlite"
	"rapport/pkg/workspace"
	"rapport/services/rapport/stack"
)

// kept says where the database is that a command looks into.
type kept struct{ dir, url string }

func (k *kept) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.dir, "data", "data", "directory with the database")
	cmd.Flags().StringVar(&k.url, "store", os.Getenv("RAPPORT_STORE_URL"), "PostgreSQL database, postgres://user@host/name (default: SQLite in the data directory)")
}

func (k *kept) String() string {
	if k.url != "" {
		return "the PostgreSQL store"
	}
	return k.dir
}

// open opens the database for a look, whether or not a process runs on it.
func (k *kept) open(ctx context.Context) (store.Store, error) {
	if k.url != "" {
		if err := storeURL(k.url); err != nil {
			return nil, &usageError{"rapport", err}
		}
		return postgres.Open(ctx, postgres.Options{URL: k.url})
	}
	st, err := sqlite.OpenBeside(ctx, sqlite.Options{Dir: k.dir})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no database in %s: %w", k.dir, errNoData)
	case err != nil:
		return nil, err
	}
	return st, nil
}

// openOrNew makes the database when there is none: a workspace may be put in force before
// anything was ever started.
func (k *kept) openOrNew(ctx context.Context) (store.Store, error) {
	st, err := k.open(ctx)
	if !errors.Is(err, errNoData) {
		return st, err
	}
	made, err := sqlite.Open(ctx, sqlite.Options{Dir: k.dir})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// errNoData says what to do about a data directory that holds nothing yet.
var errNoData = errors.New("name the directory that `rapport up` runs on with --data, or start it once")

// edited reads the workspace that a command is about, as somebody edits it.
func edited(c *cobra.Command, named string) (*workspace.Snapshot, error) {
	dir := workspaceOf(named)
	if dir == "" {
		return nil, &usageError{c.CommandPath(), errors.New("no workspace here: name its directory with --workspace, or run this beside ./templates")}
	}
	return stack.Check(dir)
}
