package script

import (
	"slices"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
)

// saw is what a condition looked at, one "name = value" each, in the order of its text.
func saw(c journey.Condition, s *journey.Scope) []string {
	// A copy, because answers leave notes in their scope that the engine acts upon.
	scope := *s
	var out []string
	var tell func(t *condition.Trace)
	tell = func(t *condition.Trace) {
		for i := range t.Parts {
			tell(&t.Parts[i])
		}
		if len(t.Parts) > 0 || t.Verdict == condition.NotAsked || t.Saw == "" {
			return
		}
		if line := t.Source + " = " + excerpt(t.Saw); !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	whole := condition.Explain(c, &scope)
	tell(&whole)
	return out
}
