package archive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"rapport/pkg/explain"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// Phases are what was in force from a time to another, earliest first, as an explanation
// replays them; ErrNone. What was in force at the beginning counts from the beginning of
// time, so that a replay of old events, which are older than the version that they were
// replayed with, meets that version. The notes say which versions are not kept any more.
func (a *Archive) Phases(ctx context.Context, from, to time.Time) (phases []explain.Phase, notes []string, err error) {
	applied, err := a.Applied(ctx)
	if err != nil {
		return nil, nil, err
	}
	applied = between(applied, from, to)
	if len(applied) == 0 {
		return nil, nil, ErrNone
	}
	var old []*journey.Definition
	for _, app := range applied {
		s, err := a.Snapshot(ctx, app.Version)
		if errors.Is(err, store.ErrNotFound) {
			notes = append(notes, fmt.Sprintf("Workspace version %s, in force from %s, is not kept any more; what came before it is replayed in its place.",
				app.Version, app.At.UTC().Format(time.DateTime)))
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		since := app.At
		if len(phases) == 0 {
			since = time.Time{}
			if old, err = a.Old(ctx, s); err != nil {
				return nil, nil, err
			}
		}
		phases = append(phases, explain.Phase{From: app.At, Config: s.Config(since, old)})
		old = append(slices.Clone(old), s.Journeys()...)
	}
	if len(phases) == 0 {
		return nil, notes, ErrNone
	}
	winners, err := a.store.Winners(ctx)
	if err != nil {
		return nil, nil, err
	}
	return crowned(phases, winners), notes, nil
}

// between are the applications that were in force at some time: the last one before it, or
// else the first one there is, and those up to its end.
func between(applied []store.Application, from, to time.Time) []store.Application {
	first := 0
	for i, app := range applied {
		if !app.At.After(from) {
			first = i
		}
	}
	end := len(applied)
	for end > first+1 && !to.IsZero() && applied[end-1].At.After(to) {
		end--
	}
	return applied[first:end]
}

// crowned begins a new phase whenever a split got its winner.
func crowned(phases []explain.Phase, winners []store.Winner) []explain.Phase {
	var out []explain.Phase
	arms := map[journey.Experiment]string{}
	k := 0
	for i, p := range phases {
		for k < len(winners) && !winners[k].At.After(p.From) {
			w := winners[k]
			arms[journey.Experiment{Journey: w.Journey, Version: w.Version, Step: w.Step}] = w.Arm
			k++
		}
		p.Config.Winners = maps.Clone(arms)
		out = append(out, p)
		for k < len(winners) && (i+1 == len(phases) || winners[k].At.Before(phases[i+1].From)) {
			w := winners[k]
			arms[journey.Experiment{Journey: w.Journey, Version: w.Version, Step: w.Step}] = w.Arm
			k++
			p.From, p.Config.Winners = w.At, maps.Clone(arms)
			out = append(out, p)
		}
	}
	return out
}
