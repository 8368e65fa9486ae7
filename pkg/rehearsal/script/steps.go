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
		for k, block := range s.Blocks() {
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
