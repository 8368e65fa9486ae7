package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"rapport/pkg/plan"
	"rapport/pkg/store"
	"rapport/pkg/workspace"
)

// Plan compares a snapshot with what is in force, and with the people inside.
func (a *Archive) Plan(ctx context.Context, next *workspace.Snapshot) (plan.Plan, error) {
	in := plan.Input{Next: workspaceOf(next)}
	places, err := a.store.Resting(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	for _, p := range places {
		in.People = append(in.People, plan.Place{Journey: p.Journey, Version: p.Version, Step: p.Step, People: p.Count})
	}
	now, err := a.InForce(ctx)
	switch {
	case errors.Is(err, ErrNone):
		return plan.Make(in), nil
	case err != nil:
		return plan.Plan{}, err
	}
	snap, err := a.Snapshot(ctx, now.Version)
	var mistakes workspace.Problems
	if errors.As(err, &mistakes) {
		return a.byName(ctx, now.Version, in)
	}
	if err != nil {
		return plan.Plan{}, err
	}
	in.Now = workspaceOf(snap)
	old, err := a.Old(ctx, snap)
	if err != nil {
		return plan.Plan{}, err
	}
	for _, d := range old {
		in.Old = append(in.Old, plan.Of(d))
	}
	return plan.Make(in), nil
}

// byName is the plan where the version in force does not read any more, because another
// program wrote it: it must not keep anybody from putting one in force that does.
func (a *Archive) byName(ctx context.Context, version string, in plan.Input) (plan.Plan, error) {
	v, err := a.store.Version(ctx, version)
	if err != nil {
		return plan.Plan{}, err
	}
	in.Now.Version = version
	for _, h := range v.Holds {
		in.Now.Journeys = append(in.Now.Journeys, plan.Journey{Name: h.Journey, Version: h.Version})
	}
	in.Notes = append(in.Notes, "The version in force does not read in this program: it is compared by the names and versions of its journeys alone.")
	return plan.Make(in), nil
}

// workspaceOf takes from a snapshot what a plan compares.
func workspaceOf(s *workspace.Snapshot) plan.Workspace {
	w := plan.Workspace{Version: s.Version(), Files: map[string]string{}}
	for _, d := range s.Journeys() {
		w.Journeys = append(w.Journeys, plan.Of(d))
	}
	for _, g := range s.Segments() {
		w.Segments = append(w.Segments, plan.Segment{Name: g.Name, Version: g.Version})
	}
	if p := s.Policy(); p != nil {
		w.Policy = p.Describe()
	}
	for name, text := range s.Files() {
		sum := sha256.Sum256(text)
		w.Files[name] = hex.EncodeToString(sum[:8])
	}
	return w
}

// Entry is one application with what is known of its version.
type Entry struct {
	store.Application
	Note     string `json:"note,omitempty"`
	Journeys int    `json:"journeys"`
	Kept     bool   `json:"kept"` // its files are still there
}

// Entries is the history of what was in force, latest first.
func (a *Archive) Entries(ctx context.Context) ([]Entry, error) {
	applied, err := a.Applied(ctx)
	if err != nil {
		return nil, err
	}
	versions, err := a.store.Versions(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]store.Version{}
	for _, v := range versions {
		known[v.ID] = v
	}
	list := make([]Entry, 0, len(applied))
	for i := len(applied) - 1; i >= 0; i-- {
		v, kept := known[applied[i].Version]
		list = append(list, Entry{Application: applied[i], Note: v.Note, Journeys: len(v.Holds), Kept: kept})
	}
	return list, nil
}
