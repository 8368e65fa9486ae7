//go:build linux || darwin

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	lib "modernc.org/sqlite/lib"

	"rapport/pkg/store"
)

// limitPages lets the database grow to so many pages more, as on a disk that is nearly
// full; a negative number takes the limit away.
func limitPages(t *testing.T, s *Store, more int) {
	t.Helper()
	limit := lib.SQLITE_MAX_PAGE_COUNT
	if more >= 0 {
		var count string
		if err := writerQuery(t, s, "PRAGMA page_count", &count); err != nil {
			t.Fatal(err)
		}
		pages, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		limit = pages + more
	}
	var set string
	if err := writerQuery(t, s, fmt.Sprintf("PRAGMA max_page_count = %d", limit), &set); err != nil || set != strconv.Itoa(limit) {
		t.Fatalf("limit is %s (%v), want %d", set, err, limit)
	}
}

// TestDiskFull lets the file grow no further: who asked for room is told why, and so may be who
// shared the transaction; nothing half-written stays; and it goes on once there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s, ctx := openTest(t, t.TempDir()), t.Context()
	for p := range 2 {
		if _, err := s.Acquire(ctx, p, 1); err != nil {
			t.Fatal(err)
		}
	}
	big, small := batchOf(0, "a", "b"), batchOf(1, "a")
	big.Profiles[1].State = noise(1 << 20)

	limitPages(t, s, 20)
	letGo := hold(t, s.writer)
	first := start(func() error { return s.Commit(ctx, small) })
	waitQueued(t, s.writer, 1)
	second := start(func() error { return s.Commit(ctx, big) })
	waitQueued(t, s.writer, 2)
	letGo()
	// Whoever asked for little may have had it: SQLite undoes what failed alone, or everything.
	had, failed := <-first, <-second
	full := func(err error) bool {
		return resultCode(err) == lib.SQLITE_FULL && strings.Contains(err.Error(), "make room")
	}
	if !full(failed) || (had != nil && !full(had)) {
		t.Errorf("commits on a full disk: %v, and what shared the transaction: %v", failed, had)
	}
	for p, b := range []*store.Batch{big, small} {
		if b == small && had == nil {
			break
		}
		loaded, err := s.Load(ctx, p, []store.Want{{Profile: "ada", Events: []string{"a", "b"}}})
		if err != nil || loaded[0].State != nil || loaded[0].Seen != nil {
			t.Errorf("partition %d has %v %v after a full disk", p, loaded, err)
		}
		limitPages(t, s, -1)
		if err := s.Commit(ctx, b); err != nil {
			t.Errorf("commit with room again: %v", err)
		}
	}
}

const limitedEnv = "RAPPORT_SQLITE_LIMITED"

// TestCommitFails lets the COMMIT itself fail: a second process may not make files longer
// than a megabyte, which the log meets only while it commits.
func TestCommitFails(t *testing.T) {
	if os.Getenv(limitedEnv) != "" {
		commitIntoLimit(t)
		return
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestCommitFails$", "-test.count=1", "-test.v")
	child.Env = append(os.Environ(), limitedEnv+"=1")
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v: %s", err, out)
	}
}

func commitIntoLimit(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // then a write beyond the limit is an error
	s, ctx := openTest(t, t.TempDir()), t.Context()
	if _, err := s.Acquire(ctx, 0, 1); err != nil {
		t.Fatal(err)
	}
	setFileLimit(t, 1<<20)
	var at store.Position
	var err error
	for range 100 {
		if at, err = commitBig(t, s, at); err != nil {
			break
		}
	}
	if resultCode(err)&0xff != lib.SQLITE_FULL && resultCode(err)&0xff != lib.SQLITE_IOERR || !strings.Contains(fmt.Sprint(err), "commit: ") {
		t.Fatalf("commit beyond the limit: %v", err)
	}
	if _, again := commitBig(t, s, at); again == nil || errors.Is(again, store.ErrPosition) {
		t.Fatalf("commit beyond the limit, tried again: %v", again)
	}
	for pings := 0; s.Ping(ctx) == nil; pings++ { // there may be room for some of its pages
		if pings == 100 {
			t.Fatal("ping says that all is well")
		}
	}
	setFileLimit(t, 1<<40)
	if err := s.Ping(ctx); err != nil {
		t.Errorf("ping with room again: %v", err)
	}
	if now, err := s.Acquire(ctx, 0, 1); err != nil || now != at {
		t.Fatalf("position %v %v, want %v", now, err, at)
	}
	if _, err := commitBig(t, s, at); err != nil {
		t.Errorf("commit with room again: %v", err)
	}
}

// commitBig commits one event with a state of 50 KB, and returns the position after it.
func commitBig(t *testing.T, s *Store, from store.Position) (store.Position, error) {
	b := batchOf(0, fmt.Sprint("e", from.Seq))
	b.From, b.To.Seq = from, from.Seq+1
	b.Profiles[0].State = noise(50 << 10)
	if err := s.Commit(t.Context(), b); err != nil {
		return from, err
	}
	return b.To, nil
}

func setFileLimit(t *testing.T, bytes uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(bytes, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}
