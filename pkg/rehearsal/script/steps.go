package script

import (
	"rapport/pkg/journey"
)

// walk visits all steps of a journey in the order of the file, nested ones after the step
// that holds them, with the ids by which the engine knows them: those without one are named
// by their place.
func walk(steps []journey.Step, path string, visit func(s *journey.Step, id string)) {
	for i := range steps {
		s := &steps[i]
		here := path + itoa(i+1)
		visit(s, idOf(s, here))
		for k, block := range blocks(s) {
			walk(block, here+"."+itoa(k+1)+".", visit)
		}
	}
}

func idOf(s *journey.Step, here string) string {
	if s.ID != "" {
		return s.ID
	}
	return "step-" + here
}

// blocks are the steps inside a step: the cases of a branch, the arms of a split, the
// events of a wait and then its otherwise, the otherwise of a recommend.
func blocks(s *journey.Step) [][]journey.Step {
	var out [][]journey.Step
	switch {
	case s.Branch != nil:
		for _, c := range s.Branch.Cases {
			out = append(out, c.Steps)
		}
	case s.Split != nil:
		for _, a := range s.Split.Arms {
			out = append(out, a.Steps)
		}
	case s.Wait != nil:
		for _, e := range s.Wait.Events {
			out = append(out, e.Steps)
		}
		out = append(out, s.Wait.Otherwise)
	case s.Recommend != nil:
		out = append(out, s.Recommend.Otherwise)
	}
	return out
}

// sends are the messages that a step may send.
func sends(s *journey.Step) []*journey.Send {
	var out []*journey.Send
	if s.Send != nil {
		out = append(out, s.Send)
	}
	if s.Survey != nil {
		out = append(out, &s.Survey.Send)
	}
	for _, m := range out {
		if m.Blocked.Instead != nil {
			out = append(out, m.Blocked.Instead)
		}
	}
	return out
}
