package script

import (
	"slices"

	"rapport/pkg/journey"
)

// config is a workspace as the test runs it: its journeys alone, and without chance.
func (t *Test) config(c journey.Config) journey.Config {
	var kept []*journey.Definition
	for _, d := range c.Journeys {
		if t.runs(d.Name) {
			kept = append(kept, t.pinned(d))
		}
	}
	c.Journeys = kept
	c.Winners = t.won(kept)
	if c.Policy != nil && !t.Holdout && !t.Drawn {
		p := *c.Policy
		p.Holdout = 0
		c.Policy = &p
	}
	segments := make([]*journey.Segment, len(c.Segments))
	for i, s := range c.Segments {
		segments[i] = s
		if slices.Contains(t.Segments, s.Name) {
			always := *s
			always.If = member{s.If, t.Profile}
			segments[i] = &always
		}
	}
	c.Segments = segments
	return c
}

// won are the experiments of the test's journeys that are decided already.
func (t *Test) won(kept []*journey.Definition) map[journey.Experiment]string {
	if len(t.Winners) == 0 {
		return nil
	}
	all := map[journey.Experiment]string{}
	for _, d := range kept {
		walk(d.Steps, "", func(s *journey.Step, id string) {
			if arm, ok := t.Winners[id]; ok && s.Split != nil {
				all[journey.Experiment{Journey: d.Name, Version: d.Version, Step: id}] = arm
			}
		})
	}
	return all
}

// pinned is the journey with its chances decided: nobody is held out, or all are; a split
// whose arm the test names has that alone. The draft that a test is about runs, so that it
// can be tested before it is let loose.
func (t *Test) pinned(d *journey.Definition) *journey.Definition {
	out := *d
	switch {
	case t.Holdout:
		out.Holdout = 1
	case !t.Drawn:
		out.Holdout = 0
	}
	if out.Status == journey.Draft && out.Name == t.Journey {
		out.Status = journey.Active
	}
	if len(t.Arms) > 0 {
		out.Steps = t.steps(d.Steps, "")
	}
	return &out
}

// steps copies steps with the arms of splits that the test names. Places keep their ids.
func (t *Test) steps(in []journey.Step, path string) []journey.Step {
	out := slices.Clone(in)
	for i := range out {
		s := &out[i]
		here := path + itoa(i+1)
		within := func(k int, block []journey.Step) []journey.Step {
			return t.steps(block, here+"."+itoa(k+1)+".")
		}
		switch {
		case s.Branch != nil:
			b := journey.Branch{Cases: slices.Clone(s.Branch.Cases)}
			for k := range b.Cases {
				b.Cases[k].Steps = within(k, b.Cases[k].Steps)
			}
			s.Branch = &b
		case s.Split != nil:
			x := *s.Split
			x.Arms = slices.Clone(x.Arms)
			for k := range x.Arms {
				x.Arms[k].Steps = within(k, x.Arms[k].Steps)
			}
			pin(x.Arms, t.Arms[idOf(s, here)])
			s.Split = &x
		case s.Wait != nil:
			w := *s.Wait
			w.Events = slices.Clone(w.Events)
			for k := range w.Events {
				w.Events[k].Steps = within(k, w.Events[k].Steps)
			}
			w.Otherwise = within(len(w.Events), w.Otherwise)
			s.Wait = &w
		case s.Recommend != nil:
			r := *s.Recommend
			r.Otherwise = within(0, r.Otherwise)
			s.Recommend = &r
		}
	}
	return out
}

// pin gives one arm all the weight; no name leaves them as they are.
func pin(arms []journey.Arm, name string) {
	if !slices.ContainsFunc(arms, func(a journey.Arm) bool { return a.Name == name }) {
		return
	}
	for i := range arms {
		arms[i].Weight = 0
		if arms[i].Name == name {
			arms[i].Weight = 1
		}
	}
}

// member is a segment's condition that one person fulfils in any case.
type member struct {
	journey.Condition
	profile string
}

// Eval holds for the person, and asks the condition about everybody else.
func (m member) Eval(s *journey.Scope) (bool, error) {
	if s.Profile.ID == m.profile || m.Condition == nil {
		return true, nil
	}
	return m.Condition.Eval(s)
}
