package script

import (
	"rapport/pkg/journey"
)

// saw is what a condition looked at, one "name = value" each.
func saw(c journey.Condition, s *journey.Scope) []string {
	return nil
}
