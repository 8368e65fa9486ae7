package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"rapport/pkg/journey"
)

// Group is the people who rest in one place, and what happens to them.
type Group struct {
	Version string `json:"version"`
	Step    string `json:"step,omitempty"`
	People  int    `json:"people"`
	Fate    Fate   `json:"fate"`
	// To is the step that they move to, and Starts is set when that begins anew because it
	// does something else than the one that they rest on.
	To     string `json:"to,omitempty"`
	Starts bool   `json:"starts,omitempty"`
	// Reason is why they leave, as it is recorded.
	Reason string `json:"reason,omitempty"`
	// Paused is set when they are kept where they are, or where they move to, until the
	// journey is active again.
	Paused bool `json:"paused,omitempty"`
}

// Fate is what happens to people in a journey.
type Fate string

// The fates.
const (
	Stay   Fate = "stay"   // nothing: their version is the one in force
	Drain  Fate = "drain"  // they finish in the version that they entered with
	Move   Fate = "move"   // to a step of the new version
	Leave  Fate = "leave"  // at once
	Goal   Fate = "goal"   // their walk is over; its goal is waited for as before
	Refuse Fate = "refuse" // nothing says what: the plan is refused
)

// fates says what happens to all who are in a journey, by version and step, as
// journey.Set.Refresh does it; next is nil when the journey is removed.
func (in *Input) fates(name string, next *Journey) ([]Group, []Refusal) {
	groups, refusals := []Group{}, []Refusal{}
	for _, p := range in.People {
		if p.Journey != name || p.People <= 0 {
			continue
		}
		g := in.fate(p, next)
		if g.Fate == Refuse {
			refusals = append(refusals, refusal(name, g, next))
		}
		groups = append(groups, g)
	}
	order := in.order(name, next)
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(order(a), order(b)), cmp.Compare(a.Step, b.Step))
	})
	if next == nil || next.OnChange != journey.Migrate {
		return groups, refusals
	}
	// A target that does not exist is a mistake, whether somebody is on the way to it or not.
	for _, from := range slices.Sorted(maps.Keys(next.Moves)) {
		to := next.Moves[from]
		if _, there := next.step(to); !there && !slices.ContainsFunc(refusals, func(r Refusal) bool { return r.Step == from }) {
			refusals = append(refusals, Refusal{Journey: name, Step: from, Problem: fmt.Sprintf(
				"moves: sends people from %q to %q, which the new version does not have: name one of its steps", from, to)})
		}
	}
	return groups, refusals
}

func (in *Input) fate(p Place, next *Journey) Group {
	g := Group{Version: p.Version, Step: p.Step, People: p.People}
	switch {
	case p.Step == "":
		g.Fate = Goal
		return g
	case next == nil || next.Status == journey.Archived:
		g.Fate, g.Reason = Leave, journey.LeftArchived
		return g
	case p.Version == next.Version:
		g.Fate = Stay
	case next.OnChange == journey.Cancel:
		g.Fate, g.Reason = Leave, journey.LeftVersionChanged
		return g
	case next.OnChange == journey.Migrate:
		to := p.Step
		if moved, ok := next.Moves[to]; ok {
			to = moved
		}
		step, there := next.step(to)
		if !there {
			g.Fate = Refuse
			return g
		}
		g.Fate, g.To = Move, to
		if before, ok := in.version(p.Journey, p.Version); ok {
			was, known := before.step(p.Step)
			g.Starts = known && was.Kind != step.Kind
		}
	default:
		g.Fate = Drain
	}
	g.Paused = next.Status == journey.Paused || next.Status == journey.Draft
	return g
}

// version finds a version of a journey among those that are known.
func (in *Input) version(name, version string) (*Journey, bool) {
	for _, list := range [][]Journey{in.Now.Journeys, in.Old, in.Next.Journeys} {
		for i := range list {
			if list[i].Name == name && list[i].Version == version {
				return &list[i], true
			}
		}
	}
	return nil, false
}

// order is that of the steps in the file of their version, as far as it is known.
func (in *Input) order(name string, next *Journey) func(Group) int {
	return func(g Group) int {
		j, ok := in.version(name, g.Version)
		if !ok && next != nil {
			j = next
		}
		if j == nil {
			return 0
		}
		at := slices.IndexFunc(j.Steps, func(s Step) bool { return s.ID == g.Step })
		if at < 0 {
			return len(j.Steps)
		}
		return at
	}
}
