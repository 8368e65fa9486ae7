package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is for machines that do ten other things; what is asked of Rapport itself is
// measured and logged.
const patience = 60 * time.Second

// build builds the program, once for all tests: linking it takes seconds.
var build = sync.OnceValues(func() (bin string, err error) {
	dir, err := os.MkdirTemp("", "rapport-test-")
	if err != nil {
		return "", err
	}
	bin = filepath.Join(dir, "rapport")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return bin, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, _ := build(); bin != "" {
		if err := os.RemoveAll(filepath.Dir(bin)); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// program is the path of the built program.
func program(t *testing.T) string {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// command prepares a run of the program in a directory, in an environment that says
// nothing about Rapport but what the test says.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), args...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "RAPPORT_") && !strings.HasPrefix(v, "TWILIO_") && !strings.HasPrefix(v, "OTEL_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// ended is a program that has ended.
type ended struct {
	code        int
	out, errors string
}

// execute runs the program to its end.
func execute(t *testing.T, cmd *exec.Cmd) ended {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// output is what a running program has written so far.
type output struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	close(o.changed)
	o.changed = make(chan struct{})
	return len(p), nil
}

func (o *output) String() string {
	text, _ := o.now()
	return text
}

// now is the text, and a channel that closes when there is more.
func (o *output) now() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.changed
}

// await waits until the text holds something.
func (o *output) await(t *testing.T, want string, gone <-chan struct{}) {
	t.Helper()
	o.awaitCount(t, 1, want, gone)
}

// awaitCount waits until the text holds something so many times.
func (o *output) awaitCount(t *testing.T, n int, want string, gone <-chan struct{}) {
	t.Helper()
	over := time.NewTimer(patience)
	defer over.Stop()
	for ended := false; ; {
		text, changed := o.now()
		switch {
		case strings.Count(text, want) >= n:
			return
		case ended:
			t.Fatalf("ended without writing %q:\n%s", want, text)
		}
		select {
		case <-changed:
		case <-gone:
			ended = true
		case <-over.C:
			t.Fatalf("no %q within %s:\n%s", want, patience, text)
		}
	}
}
