package sqlite

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"rapport/pkg/store"
)

// refold replaces the folder of a store by one with other bounds.
func refold(t *testing.T, s *Store, bounds foldBounds) {
	t.Helper()
	c := s.folder.conn
	close(s.folder.quit)
	<-s.folder.done
	s.folder = newFolder(c, s.folder.file, s.writer, slog.New(slog.DiscardHandler), bounds)
}

// commitLarge commits one profile of several pages.
func commitLarge(t *testing.T, s *Store, partition, seq int) {
	b := &store.Batch{Partition: partition, Epoch: 1, From: store.Position{Seq: uint64(seq)}, To: store.Position{Seq: uint64(seq + 1)}}
	b.Profiles = []store.ProfileRow{{ID: fmt.Sprint("p", seq%50), State: noise(20 << 10)}}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Errorf("commit %d of partition %d: %v", seq, partition, err)
	}
}

// TestFoldBeginsTheLogAnew folds a long log: what is written next begins it anew.
func TestFoldBeginsTheLogAnew(t *testing.T) {
	t.Parallel()
	s := openTest(t, t.TempDir())
	refold(t, s, foldBounds{rows: 1 << 40, pages: 100})
	if _, err := s.Acquire(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	for seq := range 100 {
		commitLarge(t, s, 0, seq)
	}
	logged := func() int64 {
		pages, err := checkpoint(s.folder.conn)
		if err != nil {
			t.Fatal(err)
		}
		return pages
	}
	if n := logged(); n < 500 {
		t.Fatalf("the log has %d pages after 100 profiles of five", n)
	}
	if err := s.folder.fold(); err != nil {
		t.Fatal(err)
	}
	commitLarge(t, s, 0, 100)
	if n := logged(); n > 50 {
		t.Errorf("the log has %d pages after it was folded and one profile written", n)
	}
}

// TestFoldWhileOthersWrite folds all the time while four partitions are written and read:
// nothing is lost, nothing broken, and the log stays short.
func TestFoldWhileOthersWrite(t *testing.T) {
	t.Parallel()
	const partitions, commits = 4, 150
	dir := t.TempDir()
	s := openTest(t, dir)
	refold(t, s, foldBounds{rows: 1, pages: 20})
	var writing sync.WaitGroup
	for p := range partitions {
		if _, err := s.Acquire(t.Context(), p, 1); err != nil {
			t.Fatal(err)
		}
		writing.Go(func() {
			for seq := range commits {
				commitLarge(t, s, p, seq)
				if _, err := s.Load(t.Context(), p, []store.Want{{Profile: "p1"}}); err != nil {
					t.Errorf("load: %v", err)
				}
			}
		})
	}
	writing.Wait()
	var answer string
	if err := writerQuery(t, s, "PRAGMA integrity_check", &answer); err != nil || answer != "ok" {
		t.Errorf("integrity: %q, %v", answer, err)
	}
	for p := range partitions {
		if at, err := s.Acquire(t.Context(), p, 2); err != nil || at.Seq != commits {
			t.Errorf("partition %d is at %d (%v), want %d", p, at.Seq, err, commits)
		}
	}
	refold(t, s, foldBounds{rows: 1 << 40}) // The connection is the folder's as long as it works.
	if pages, err := checkpoint(s.folder.conn); err != nil || pages > partitions*commits*5/2 {
		t.Errorf("the log has %d pages (%v): it never began anew", pages, err)
	}
}
