package workspace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// readings hands out what the watch found after each change.
type readings chan reading

type reading struct {
	snapshot *Snapshot
	problems Problems
}

// next waits for a reading that satisfies ok: a save may show in more than one.
func (r readings) next(t *testing.T, what string, ok func(reading) bool) reading {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case got := <-r:
			if ok(got) {
				return got
			}
		case <-deadline:
			t.Fatalf("%s was not noticed", what)
		}
	}
}

// onDisk writes a small workspace and watches it.
func onDisk(t *testing.T) (dir string, l *Live, seen readings) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range small() {
		save(t, dir, name, text)
	}
	seen = make(readings, 64)
	l, err := watch(t.Context(), dir, nil, nil, func(s *Snapshot, ps Problems) { seen <- reading{s, ps} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return dir, l, seen
}

func save(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	// Written beside and renamed, as careful editors do.
	if err := os.WriteFile(path+".tmp", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

// TestLive edits a running workspace: a good edit is taken over, a bad one leaves the last
// good state in force and says what is wrong, and mending it goes on from there.
func TestLive(t *testing.T) {
	t.Parallel()
	dir, l, seen := onDisk(t)
	first := l.Current()

	save(t, dir, "email/hello.txt.liquid", "Good day\n")
	seen.next(t, "a good edit", func(r reading) bool { return r.snapshot != first && len(r.problems) == 0 })
	second := l.Current()
	c := command(t, "hello", message.Email, message.Marketing, nil)
	if m, err := l.Mail(t.Context(), c); err != nil || m.Text != "Good day\n" || second.Version() == first.Version() {
		t.Errorf("after the edit: %q, %v", m.Text, err)
	}
	if m, err := first.Mail(t.Context(), c); err != nil || m.Text != "Hello\n" {
		t.Errorf("a snapshot changed behind its holder's back: %q, %v", m.Text, err)
	}

	save(t, dir, "email/hello.txt.liquid", "Good {{ day | upcsae }}\n")
	seen.next(t, "a bad edit", func(r reading) bool { return len(r.problems.Errors()) == 1 })
	if ps := l.Problems().Errors(); l.Current() != second || len(ps) != 1 || ps[0].File != "email/hello.txt.liquid" || ps[0].Line != 1 || ps[0].Col != 15 {
		t.Errorf("after the bad edit: version %s, %v", l.Current().Version(), l.Problems())
	}
	if m, err := l.Mail(t.Context(), c); err != nil || m.Text != "Good day\n" {
		t.Errorf("after the bad edit: %q, %v", m.Text, err)
	}

	save(t, dir, "email/hello.txt.liquid", "Good evening\n")
	seen.next(t, "the mended file", func(r reading) bool { return len(r.problems) == 0 })
	if m, err := l.Mail(t.Context(), c); err != nil || m.Text != "Good evening\n" || l.Problems() != nil {
		t.Errorf("after mending: %q, %v, %v", m.Text, err, l.Problems())
	}
}

// TestLiveNewDirectory: files in a directory that did not exist when the watch began.
func TestLiveNewDirectory(t *testing.T) {
	t.Parallel()
	dir, _, seen := onDisk(t)
	save(t, dir, "email/partials/sign.txt.liquid", "Yours\n")
	seen.next(t, "a new directory", func(r reading) bool { return r.snapshot.messages.File("email/partials/sign.txt.liquid") != nil })
	save(t, dir, "email/partials/sign.txt.liquid", "Your own\n")
	seen.next(t, "a file in it", func(r reading) bool {
		return strings.HasPrefix(r.snapshot.messages.File("email/partials/sign.txt.liquid").Text, "Your own")
	})
	if err := os.RemoveAll(filepath.Join(dir, "journeys")); err != nil {
		t.Fatal(err)
	}
	seen.next(t, "a directory gone", func(r reading) bool { return len(r.snapshot.Journeys()) == 0 })
}

func TestWatchRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Watch(t.Context(), filepath.Join(dir, "nowhere"), nil, nil); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no directory: %v", err)
	}
	var ps Problems
	if _, err := Watch(t.Context(), dir, nil, nil); !errors.As(err, &ps) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestLiveEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range small() {
		save(t, dir, name, text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Watch(ctx, dir, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-l.done // ends with its context
	if err := errors.Join(l.Close(), l.Close()); err != nil || l.Current() == nil {
		t.Errorf("closed: %v", err)
	}
}
