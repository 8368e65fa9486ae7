package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"rapport/pkg/journey"
)

// Plan is what a change does.
type Plan struct {
	From     string          `json:"from,omitempty"` // workspace version in force; empty: none
	To       string          `json:"to"`
	Journeys []JourneyChange `json:"journeys"`
	Segments []SegmentChange `json:"segments"`
	Policy   []PolicyChange  `json:"policy"`
	Files    []FileChange    `json:"files"`
	Refusals []Refusal       `json:"refusals"`
	Notes    []string        `json:"notes,omitempty"`
}

// Change is what becomes of a part of the workspace.
type Change string

// The changes. Paused, Resumed, Archived and Drafted are changes of a journey's status
// alone, which are no new version of it.
const (
	New       Change = "new"
	Changed   Change = "changed"
	Removed   Change = "removed"
	Unchanged Change = "unchanged"
	Paused    Change = "paused"
	Resumed   Change = "resumed" // active again, or for the first time
	Archived  Change = "archived"
	Drafted   Change = "drafted"
)

// JourneyChange is what becomes of a journey and of the people in it.
type JourneyChange struct {
	Journey string   `json:"journey"`
	Changes []Change `json:"changes"` // never empty; a new version may be paused as well
	// From and To are versions; empty where there is none.
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Status   journey.Status `json:"status,omitempty"` // the next one
	OnChange journey.Change `json:"on_change,omitempty"`
	People   []Group        `json:"people"` // by version and step
}

// Inside is how many people are in the journey.
func (c *JourneyChange) Inside() int {
	n := 0
	for _, g := range c.People {
		if g.Fate != Goal {
			n += g.People
		}
	}
	return n
}

// SegmentChange is what becomes of a segment.
type SegmentChange struct {
	Segment string `json:"segment"`
	Change  Change `json:"change"`
}

// PolicyChange is one rule in words that comes (New) or goes (Removed).
type PolicyChange struct {
	Change Change `json:"change"`
	Rule   string `json:"rule"`
}

// FileChange is what becomes of a file.
type FileChange struct {
	File   string `json:"file"`
	Change Change `json:"change"`
}

// Refusal is a reason why the change must not be applied.
type Refusal struct {
	Journey string `json:"journey"`
	Version string `json:"version,omitempty"`
	Step    string `json:"step,omitempty"`
	People  int    `json:"people"`
	Problem string `json:"problem"` // with the remedy
}

// Make compares what is in force with what is next.
func Make(in Input) Plan {
	p := Plan{
		From: in.Now.Version, To: in.Next.Version,
		Journeys: []JourneyChange{}, Segments: segments(in.Now.Segments, in.Next.Segments),
		Policy: policies(in.Now.Policy, in.Next.Policy), Files: files(in.Now.Files, in.Next.Files), Refusals: []Refusal{}, Notes: in.Notes,
	}
	now, next := byName(in.Now.Journeys), byName(in.Next.Journeys)
	names := map[string]bool{}
	for _, list := range []map[string]*Journey{now, next} {
		for name := range list {
			names[name] = true
		}
	}
	for _, place := range in.People {
		names[place.Journey] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := compare(name, now[name], next[name])
		people, refusals := in.fates(name, next[name])
		c.People = people
		if len(people) == 0 && now[name] == nil && next[name] == nil {
			continue
		}
		p.Journeys = append(p.Journeys, c)
		p.Refusals = append(p.Refusals, refusals...)
	}
	return p
}

// Nothing reports whether the plan changes nothing.
func (p *Plan) Nothing() bool {
	return p.From == p.To && p.From != ""
}

func byName(list []Journey) map[string]*Journey {
	m := make(map[string]*Journey, len(list))
	for i := range list {
		m[list[i].Name] = &list[i]
	}
	return m
}

// compare says what becomes of the journey itself.
func compare(name string, now, next *Journey) JourneyChange {
	c := JourneyChange{Journey: name}
	if now != nil {
		c.From = now.Version
	}
	if next == nil {
		c.Changes = []Change{Removed}
		return c
	}
	c.To, c.Status, c.OnChange = next.Version, next.Status, cmp.Or(next.OnChange, journey.Drain)
	was := journey.Active
	switch {
	case now == nil:
		c.Changes = append(c.Changes, New)
	case now.Version != next.Version:
		c.Changes = append(c.Changes, Changed)
	}
	if now != nil {
		was = now.Status
	}
	if was != next.Status && was != "" {
		c.Changes = append(c.Changes, map[journey.Status]Change{
			journey.Active: Resumed, journey.Paused: Paused, journey.Archived: Archived, journey.Draft: Drafted,
		}[next.Status])
	}
	if len(c.Changes) == 0 {
		c.Changes = []Change{Unchanged}
	}
	return c
}

func segments(now, next []Segment) []SegmentChange {
	list := []SegmentChange{}
	was := map[string]string{}
	for _, s := range now {
		was[s.Name] = s.Version
	}
	for _, s := range next {
		before, there := was[s.Name]
		delete(was, s.Name)
		switch {
		case !there:
			list = append(list, SegmentChange{s.Name, New})
		case before != s.Version:
			list = append(list, SegmentChange{s.Name, Changed})
		}
	}
	for name := range was {
		list = append(list, SegmentChange{name, Removed})
	}
	slices.SortFunc(list, func(a, b SegmentChange) int { return cmp.Compare(a.Segment, b.Segment) })
	return list
}

// policies are the rules that go, and then those that come.
func policies(now, next []string) []PolicyChange {
	list := []PolicyChange{}
	for _, rule := range now {
		if !slices.Contains(next, rule) {
			list = append(list, PolicyChange{Removed, rule})
		}
	}
	for _, rule := range next {
		if !slices.Contains(now, rule) {
			list = append(list, PolicyChange{New, rule})
		}
	}
	return list
}

func files(now, next map[string]string) []FileChange {
	list := []FileChange{}
	if len(now) == 0 {
		return list // All are new, which needs no list.
	}
	for name, hash := range next {
		before, there := now[name]
		switch {
		case !there:
			list = append(list, FileChange{name, New})
		case before != hash:
			list = append(list, FileChange{name, Changed})
		}
	}
	for name := range now {
		if _, there := next[name]; !there {
			list = append(list, FileChange{name, Removed})
		}
	}
	slices.SortFunc(list, func(a, b FileChange) int { return cmp.Compare(a.File, b.File) })
	return list
}

// refusal tells why people cannot be moved, and what to do.
func refusal(name string, g Group, next *Journey) Refusal {
	to, mapped := next.Moves[g.Step]
	r := Refusal{Journey: name, Version: g.Version, Step: g.Step, People: g.People}
	if mapped {
		r.Problem = fmt.Sprintf("%s on step %q, and moves: sends them to %q, which the new version does not have: name one of its steps",
			rest(g.People), g.Step, to)
		return r
	}
	r.Problem = fmt.Sprintf("%s on step %q, which the new version does not have: say where they go, moves: {%s: STEP}, or use on_change: drain",
		rest(g.People), g.Step, g.Step)
	return r
}

func rest(n int) string {
	if n == 1 {
		return "1 person rests"
	}
	return count(n) + " people rest"
}
