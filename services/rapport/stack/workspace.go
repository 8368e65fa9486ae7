package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"rapport/pkg/workspace"
	"rapport/services/orchestrator"
	"rapport/services/rapport/archive"
	"rapport/services/rapport/inforce"
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
	return fmt.Errorf("the workspace %s has mistakes:\n\n%w", dir, Located(dir, problems))
}

// Located names the files of problems from where the program was started.
func Located(dir string, problems workspace.Problems) workspace.Problems {
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].File = filepath.Join(dir, problems[i].File)
	}
	return problems
}

// workspace puts the workspace in force: the directory's, which is followed from then on,
// or the starter that is built in. A built-in one gives way to whatever `rapport apply` has
// put into the store.
func (s *Stack) workspace(ctx context.Context) error {
	o := inforce.Options{Timeless: s.cfg.Clock == orchestrator.EventClock, By: "rapport up", Logger: s.cfg.Logger.With("component", "workspace")}
	if s.Store != nil {
		o.Store = s.Store
	}
	s.inForce = inforce.New(o)
	if s.cfg.Workspace == "" {
		snap, err := s.builtIn(ctx)
		if err != nil {
			return err
		}
		return s.inForce.Adopt(ctx, snap)
	}
	if err := present(s.cfg.Workspace); err != nil {
		return err
	}
	live, err := workspace.Watch(ctx, s.cfg.Workspace, o.Logger, s.inForce.Adopt)
	if err != nil {
		return located(s.cfg.Workspace, err)
	}
	s.opened("workspace", func(context.Context) error { return live.Close() })
	return nil
}

// builtIn is the version that somebody applied last, and the starter where nobody did.
func (s *Stack) builtIn(ctx context.Context) (*workspace.Snapshot, error) {
	starter, err := workspace.Load(s.cfg.Starter, "templates")
	if err != nil {
		return nil, fmt.Errorf("the starter workspace: %w", err)
	}
	if s.Store == nil {
		return starter, nil
	}
	applied, err := s.Store.Applied(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("look for the workspace in force: %w", err)
	}
	if len(applied) == 0 || applied[0].By == "rapport up" {
		return starter, nil
	}
	snap, err := archive.New(s.Store).Snapshot(ctx, applied[0].Version)
	if err != nil {
		return nil, fmt.Errorf("workspace version %s was applied and cannot be read: %w", applied[0].Version, err)
	}
	return snap, nil
}
