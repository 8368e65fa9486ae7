package stack

import (
	"context"
	"fmt"
	"sync"

	"rapport/pkg/journey"
	"rapport/pkg/workspace"
)

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
	set, err := journey.NewSet(snap.Journeys())
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
		live, err := workspace.Watch(ctx, s.cfg.Workspace, s.cfg.Logger.With("component", "workspace"))
		if err != nil {
			return err
		}
		s.opened("workspace", func(context.Context) error { return live.Close() })
		s.inForce = &inForce{current: live.Current}
	}
	if s.inForce.journeys() == nil {
		_, err := journey.NewSet(s.inForce.snapshot().Journeys())
		return fmt.Errorf("the workspace's journeys: %w", err)
	}
	return nil
}
