package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/workspace"
)

// Check reads the workspace in a directory. Its error names every mistake by the path that
// the caller can open; one that is no workspace at all says so.
func Check(dir string) (*workspace.Snapshot, error) {
	if err := present(dir); err != nil {
		return nil, err
	}
	snap, err := workspace.Load(os.DirFS(dir), dir)
	if err != nil {
		return nil, located(dir, err)
	}
	return snap, nil
}

// present fails where there is no directory.
func present(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("the workspace %s cannot be read: %w: name the directory that holds rapport.yaml", dir, err)
	case !info.IsDir():
		return fmt.Errorf("the workspace %s is a file: name the directory that holds rapport.yaml", dir)
	}
	return nil
}

// located names the files of mistakes from where the program was started, so that an
// editor finds them.
func located(dir string, err error) error {
	var problems workspace.Problems
	if !errors.As(err, &problems) {
		return err
	}
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].File = filepath.Join(dir, problems[i].File)
	}
	return fmt.Errorf("the workspace %s has mistakes:\n\n%w", dir, problems)
}

// inForce is the workspace's present snapshot and the journeys laid out from it.
type inForce struct {
	current func() *workspace.Snapshot

	mu   sync.Mutex
	snap *workspace.Snapshot
	set  *journey.Set
}

func (f *inForce) snapshot() *workspace.Snapshot { return f.current() }

// journeys lays the journeys out once for each snapshot.
func (f *inForce) journeys() *journey.Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	snap := f.current()
	if snap == f.snap {
		return f.set
	}
	set, err := journey.NewSet(snap.Config(time.Time{}, nil))
	if err != nil {
		// A snapshot that loads can be laid out; were it otherwise, the journeys that were
		// in force stay so.
		return f.set
	}
	f.snap, f.set = snap, set
	return set
}

func (s *Stack) workspace(ctx context.Context) error {
	if s.cfg.Workspace == "" {
		snap, err := workspace.Load(s.cfg.Starter, "templates")
		if err != nil {
			return fmt.Errorf("the starter workspace: %w", err)
		}
		s.inForce = &inForce{current: func() *workspace.Snapshot { return snap }}
	} else {
		if err := present(s.cfg.Workspace); err != nil {
			return err
		}
		live, err := workspace.Watch(ctx, s.cfg.Workspace, s.cfg.Logger.With("component", "workspace"))
		if err != nil {
			return located(s.cfg.Workspace, err)
		}
		s.opened("workspace", func(context.Context) error { return live.Close() })
		s.inForce = &inForce{current: live.Current}
	}
	if s.inForce.journeys() == nil {
		_, err := journey.NewSet(s.inForce.snapshot().Config(time.Time{}, nil))
		return fmt.Errorf("the workspace's journeys: %w", err)
	}
	return nil
}
