package workspace

import (
	"testing"
)

// TestStarterMessages: what ships has nothing that check warns of.
func TestStarterMessages(t *testing.T) {
	t.Parallel()
	for _, p := range loadStarter(t).Lint(t.Context()) {
		if p.Note {
			t.Log(p)
		} else {
			t.Error(p)
		}
	}
}

// BenchmarkLint looks at all messages of the starter workspace.
func BenchmarkLint(b *testing.B) {
	s := loadStarter(b)
	for b.Loop() {
		s.Lint(b.Context())
	}
}
