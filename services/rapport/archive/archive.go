package archive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/store"
	"rapport/pkg/workspace"
)

// Store is what an archive reads.
type Store interface {
	store.Versioning
	store.Tallying
}

// Archive is the versions of a store. It is not safe for concurrent use.
type Archive struct {
	store     Store
	snapshots map[string]*workspace.Snapshot
}

// New makes the archive of a store.
func New(s Store) *Archive { return &Archive{store: s, snapshots: map[string]*workspace.Snapshot{}} }

// ErrNone says that no version was ever put in force.
var ErrNone = errors.New("no workspace version is recorded as in force")

// Snapshot compiles a version; store.ErrNotFound when it is not kept any more.
func (a *Archive) Snapshot(ctx context.Context, id string) (*workspace.Snapshot, error) {
	if s := a.snapshots[id]; s != nil {
		return s, nil
	}
	v, err := a.store.Version(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := workspace.FromFiles(v.Files, "version "+id)
	if err != nil {
		return nil, fmt.Errorf("workspace version %s does not read any more: %w", id, err)
	}
	a.snapshots[id] = s
	return s, nil
}

// InForce is the version in force and since when; ErrNone.
func (a *Archive) InForce(ctx context.Context) (store.Application, error) {
	list, err := a.store.Applied(ctx, 1)
	switch {
	case err != nil:
		return store.Application{}, err
	case len(list) == 0:
		return store.Application{}, ErrNone
	}
	return list[0], nil
}

// Applied are all applications, earliest first.
func (a *Archive) Applied(ctx context.Context) ([]store.Application, error) {
	list, err := a.store.Applied(ctx, math.MaxInt32)
	slices.Reverse(list)
	return list, err
}

// Definition is one version of a journey, from the newest workspace version that holds it;
// store.ErrNotFound when none is kept.
func (a *Archive) Definition(ctx context.Context, name, version string) (*journey.Definition, error) {
	id, err := a.store.VersionOf(ctx, name, version)
	if err != nil {
		return nil, err
	}
	s, err := a.Snapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, d := range s.Journeys() {
		if d.Name == name && d.Version == version {
			return d, nil
		}
	}
	return nil, fmt.Errorf("workspace version %s has no version %s of journey %s: %w", id, version, name, store.ErrNotFound)
}

// Old are the versions of journeys that people are inside of and that a snapshot does not
// have, as far as they are kept and read: one that was written in a language that this
// program no longer reads must not keep it from starting. Who is inside such a version goes on
// in the one in force, at the step of the same name.
func (a *Archive) Old(ctx context.Context, s *workspace.Snapshot) ([]*journey.Definition, error) {
	places, err := a.store.Resting(ctx)
	if err != nil {
		return nil, err
	}
	present := s.Journeys()
	var old []*journey.Definition
	for _, p := range places {
		same := func(d *journey.Definition) bool { return d.Name == p.Journey && d.Version == p.Version }
		if slices.ContainsFunc(present, same) || slices.ContainsFunc(old, same) {
			continue
		}
		d, err := a.Definition(ctx, p.Journey, p.Version)
		var unreadable workspace.Problems
		switch {
		case errors.Is(err, store.ErrNotFound), errors.As(err, &unreadable):
			continue
		case err != nil:
			return nil, err
		}
		old = append(old, d)
	}
	return old, nil
}

// Save keeps a snapshot as a version and puts it in force. A version that is there already
// keeps its first note.
func (a *Archive) Save(ctx context.Context, s *workspace.Snapshot, at time.Time, by, note string) error {
	v := store.Version{ID: s.Version(), At: at, By: by, Note: note, Files: s.Files()}
	for _, d := range s.Journeys() {
		v.Holds = append(v.Holds, store.JourneyVersion{Journey: d.Name, Version: d.Version})
	}
	if err := a.store.SaveVersion(ctx, v); err != nil {
		return err
	}
	return a.store.Apply(ctx, v.ID, at, by)
}
