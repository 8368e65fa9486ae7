//go:build linux

package process_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/services/rapport/chaos/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// shell runs a script under supervision.
func shell(t *testing.T, script string) (p *process.Process, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	p = process.New(process.Spec{Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}, Log: log})
	if err := p.Launch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	return p, log
}

// until waits until something is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func lives(t *testing.T, log string) int {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "alive\n")
}

func TestWhatEndsByItselfIsStartedAgain(t *testing.T) {
	t.Parallel()
	p, log := shell(t, "echo alive; exit 3")
	until(t, "two lives", func() bool { return lives(t, log) >= 2 })
	if exits := p.Exits(); len(exits) == 0 || !strings.Contains(exits[0].How, "exit status 3") {
		t.Errorf("exits %v", exits)
	}
}

func TestWhatIsKilledStaysDown(t *testing.T) {
	t.Parallel()
	p, log := shell(t, "echo alive; exec sleep 60")
	until(t, "a life", func() bool { return lives(t, log) == 1 })
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if p.PID() != 0 || len(p.Exits()) != 0 {
		t.Errorf("process %d, exits %v after a kill", p.PID(), p.Exits())
	}
	if err := p.Launch(); err != nil {
		t.Fatal(err)
	}
	until(t, "another life", func() bool { return lives(t, log) == 2 })
}

// A stopped program is woken to hear that it is to end; one that will not end is killed.
func TestStop(t *testing.T) {
	t.Parallel()
	p, log := shell(t, "echo alive; exec sleep 60")
	until(t, "a life", func() bool { return lives(t, log) == 1 })
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil || p.PID() != 0 {
		t.Errorf("stopped: %v", err)
	}
	deaf, log := shell(t, "trap '' TERM; echo alive; while true; do sleep 0.05; done")
	until(t, "a life", func() bool { return lives(t, log) == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := deaf.Stop(ctx); err == nil || deaf.PID() != 0 {
		t.Errorf("a deaf program: %v, process %d", err, deaf.PID())
	}
}
