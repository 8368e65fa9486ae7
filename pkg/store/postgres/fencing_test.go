package postgres_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
)

// TestTwoOwners lets two stores take one partition from each other again and again, each
// committing as fast as it can until it is told that it is fenced. Whatever was
// acknowledged is there, once, and in order.
func TestTwoOwners(t *testing.T) {
	t.Parallel()
	one, url := fresh(t)
	two := open(t, url)
	var epoch, acknowledged atomic.Uint64
	var all sync.WaitGroup
	for _, s := range []*postgres.Store{one, two} {
		all.Go(func() {
			for turn := 0; turn < 12; turn++ {
				mine := epoch.Add(1)
				at, err := s.Acquire(t.Context(), 3, mine)
				for n := 0; err == nil && n < 40; n++ {
					b := step(3, mine, at)
					if err = s.Commit(t.Context(), b); err == nil {
						at = b.To
						acknowledged.Add(1)
					}
				}
				if err != nil && !errors.Is(err, store.ErrFenced) {
					t.Errorf("turn %d: %v", turn, err)
					return
				}
			}
		})
	}
	all.Wait()
	at := acquire(t, one, 3, epoch.Load()+1)
	if at.Seq != acknowledged.Load() {
		t.Errorf("the position is %d, %d commits were acknowledged", at.Seq, acknowledged.Load())
	}
	checkRun(t, two, 3, at)
}

// TestSameEpoch gives one epoch to two workers, which must not be, and lets both commit
// from where they are: of each pair one wins.
func TestSameEpoch(t *testing.T) {
	t.Parallel()
	one, url := fresh(t)
	two := open(t, url)
	at := acquire(t, one, 1, 1)
	acquire(t, two, 1, 1)
	for range 30 {
		var won atomic.Int32
		var pair sync.WaitGroup
		b := step(1, 1, at)
		for _, s := range []*postgres.Store{one, two} {
			pair.Go(func() {
				switch err := s.Commit(t.Context(), b); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, store.ErrPosition):
					t.Errorf("commit: %v, want ErrPosition", err)
				}
			})
		}
		pair.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of two commits from one position were taken", won.Load())
		}
		at = b.To
	}
	checkRun(t, one, 1, at)
}

// TestNewPartition lets many acquire a partition that is not there yet.
func TestNewPartition(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	other := open(t, url)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			by := []*postgres.Store{s, other}[i%2]
			if _, err := by.Acquire(t.Context(), 5, uint64(1+i)); err != nil && !errors.Is(err, store.ErrFenced) {
				t.Errorf("acquire: %v", err)
			}
		})
	}
	all.Wait()
	if _, err := s.Acquire(t.Context(), 5, 15); !errors.Is(err, store.ErrFenced) {
		t.Errorf("acquire below the highest: %v, want ErrFenced", err)
	}
}
