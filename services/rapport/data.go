package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"rapport/pkg/store/sqlite"
	"rapport/pkg/workspace"
	"rapport/services/rapport/stack"
)

// beside opens the database of a data directory for a look, whether or not a process runs
// on it.
func beside(ctx context.Context, dir string) (*sqlite.Store, error) {
	st, err := sqlite.OpenBeside(ctx, sqlite.Options{Dir: dir})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database in %s: %w", dir, errNoData)
	}
	return st, err
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
