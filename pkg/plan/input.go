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
	Status        journey.Status
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
}

// Of takes from a definition what a plan compares.
func Of(d *journey.Definition) Journey {
	return Journey{
		Name: d.Name, Version: d.Version, Status: d.Status, OnChange: d.OnChange, Moves: d.Moves, Steps: steps(nil, d.Steps),
	}
}

// steps lays steps out flat.
func steps(out []Step, list []journey.Step) []Step {
	for i := range list {
		s := &list[i]
		out = append(out, Step{ID: s.ID, Kind: kind(s)})
		switch {
		case s.Wait != nil:
			for k := range s.Wait.Events {
				out = steps(out, s.Wait.Events[k].Steps)
			}
			out = steps(out, s.Wait.Otherwise)
		case s.Recommend != nil:
			out = steps(out, s.Recommend.Otherwise)
		case s.Branch != nil:
			for k := range s.Branch.Cases {
				out = steps(out, s.Branch.Cases[k].Steps)
			}
		case s.Split != nil:
			for k := range s.Split.Arms {
				out = steps(out, s.Split.Arms[k].Steps)
			}
		}
	}
	return out
}

// kind names what a step does. The engine tells these apart when somebody moves from one to
// another; what changes the profile or makes an event is one kind, for nobody rests on it.
func kind(s *journey.Step) string {
	switch {
	case s.Wait != nil:
		return "wait"
	case s.Recommend != nil:
		return "recommend"
	case s.Send != nil, s.Survey != nil:
		return "send"
	case s.Branch != nil:
		return "branch"
	case s.Split != nil:
		return "split"
	case s.Exit != nil:
		return "leave"
	}
	return "change"
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
