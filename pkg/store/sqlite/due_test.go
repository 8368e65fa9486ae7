package sqlite

import (
	"fmt"
	"testing"
	"time"

	"rapport/pkg/store"
)

// waking commits profiles that wake at a time, each a second after the one before.
func waking(t *testing.T, s *Store, n int, at, updated time.Time) {
	t.Helper()
	b := &store.Batch{Partition: 1, Epoch: 1}
	for i := range n {
		b.Profiles = append(b.Profiles, store.ProfileRow{
			ID: fmt.Sprintf("p%03d", i), State: []byte("state"), UpdatedAt: updated, Wake: at.Add(time.Duration(i) * time.Second),
		})
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// wakeRows counts the rows of the table of wakes that a condition holds for.
func wakeRows(t *testing.T, s *Store, where string, args ...any) int {
	t.Helper()
	var n int
	if err := s.reads.db.QueryRowContext(t.Context(), `SELECT count(*) FROM wake WHERE `+where, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A timer that moves leaves its row behind until somebody comes upon it; nobody is woken by it.
func TestTimersThatMove(t *testing.T) {
	t.Parallel()
	s, ctx := openTest(t, t.TempDir()), t.Context()
	if _, err := s.Acquire(ctx, 1, 1); err != nil {
		t.Fatal(err)
	}
	const n = 2*frontRows + 3
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	waking(t, s, n, noon, noon.Add(-time.Hour))
	waking(t, s, n, noon.Add(time.Hour), noon.Add(-time.Minute))
	if rows := wakeRows(t, s, "true"); rows != 2*n {
		t.Fatalf("%d rows after all timers moved, want both of each of %d", rows, n)
	}
	if at, ok, err := s.NextDue(ctx, 1); err != nil || !ok || !at.Equal(noon.Add(time.Hour)) {
		t.Errorf("next due at %s %v %v", at, ok, err)
	}
	if rows := wakeRows(t, s, "true"); rows != n {
		t.Errorf("%d rows after somebody came upon them, want %d", rows, n)
	}
	if due, err := s.Due(ctx, 1, noon.Add(time.Hour), n); err != nil || len(due) != 0 {
		t.Errorf("%d are due by their old times, %v", len(due), err)
	}
	// Back to where they were.
	waking(t, s, n, noon, noon.Add(-time.Minute))
	if due, err := s.Due(ctx, 1, noon.Add(100*time.Hour), n+1); err != nil || len(due) != n || !due[0].Due.Equal(noon) {
		t.Errorf("%d of %d are due, %v", len(due), n, err)
	}
}

// What fired is taken away by the commit that it led to.
func TestTimersThatFired(t *testing.T) {
	t.Parallel()
	s, ctx := openTest(t, t.TempDir()), t.Context()
	if _, err := s.Acquire(ctx, 1, 1); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	waking(t, s, 40, noon, noon.Add(-time.Hour))
	due, err := s.Due(ctx, 1, noon.Add(time.Hour), 30)
	if err != nil || len(due) != 30 {
		t.Fatalf("%d are due, %v", len(due), err)
	}
	waking(t, s, 30, noon.Add(48*time.Hour), noon.Add(time.Hour))
	waking(t, s, 1, noon.Add(48*time.Hour), noon.Add(time.Hour)) // Its wake stays, which nobody takes for fired.
	if old, rows := wakeRows(t, s, "at <= ?", noon.Add(time.Hour).UnixNano()), wakeRows(t, s, "true"); old != 10 || rows != 40 {
		t.Errorf("%d old rows of %d, want 10 of 40", old, rows)
	}
}

// Of an erased person no row is left, wherever their timers were.
func TestErasedTimers(t *testing.T) {
	t.Parallel()
	s, ctx := openTest(t, t.TempDir()), t.Context()
	if _, err := s.Acquire(ctx, 1, 1); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for day := range 5 {
		waking(t, s, 3, noon.AddDate(0, 0, day), noon.Add(-time.Hour))
	}
	gone := &store.Batch{Partition: 1, Epoch: 1, Erasures: []store.Erasure{{Profile: "p001", At: noon}}}
	if err := s.Commit(ctx, gone); err != nil {
		t.Fatal(err)
	}
	if left, others := wakeRows(t, s, "profile = 'p001'"), wakeRows(t, s, "profile <> 'p001'"); left != 0 || others != 10 {
		t.Errorf("%d rows of the erased one, %d of the others, want 0 and 10", left, others)
	}
}
