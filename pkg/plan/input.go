package plan

import "rapport/pkg/journey"

// Workspace is one version of a workspace, as far as a plan compares it.
type Workspace struct {
	Version  string // empty: there is none
	Journeys []Journey
	Segments []Segment
	Policy   []string          // the rules about messages in words, see policy.Describe
	Files    map[string]string // hashes of the content by name, of all files
}

// Journey is one version of a journey.
type Journey struct {
	Name, Version string
	Status        journey.Status // empty: not known
	OnChange      journey.Change
	Moves         map[string]string
	Steps         []Step // all, nested ones too, in the order of the file
}

// Step is one step.
type Step struct {
	ID   string
	Kind string // what it does: wait, send, branch ...
}

// Segment is one version of a segment.
type Segment struct{ Name, Version string }

// Place is where people rest. An empty Step is that of people whose walk is over and whose
// goal is still waited for.
type Place struct {
	Journey, Version, Step string
	People                 int
}

// Input is what a plan is made of.
type Input struct {
	Now, Next Workspace
	// Old are versions of journeys that are no longer in force and that people are still
	// inside of, as far as they are known.
	Old    []Journey
	People []Place
	Notes  []string // what the plan cannot know
}

// Of takes from a definition what a plan compares.
func Of(d *journey.Definition) Journey {
	j := Journey{Name: d.Name, Version: d.Version, Status: d.Status, OnChange: d.OnChange, Moves: d.Moves}
	journey.Walk(d.Steps, func(s *journey.Step) { j.Steps = append(j.Steps, Step{ID: s.ID, Kind: s.Kind()}) })
	return j
}

// step finds a step by its id.
func (j *Journey) step(id string) (Step, bool) {
	for _, s := range j.Steps {
		if s.ID == id {
			return s, true
		}
	}
	return Step{}, false
}
