//go:build !planted_bug

package stack

import "rapport/services/orchestrator"

// planted is the store as the orchestrator uses it. Programs built with the tag planted_bug
// have a fault there (planted_on.go).
func planted(st orchestrator.Store) orchestrator.Store { return st }
