package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
)

// TestOverlappingClaims lets several processes' stores claim and record overlapping
// messages, each in an order of its own: rows are locked in one order, so that nobody waits
// in a circle.
func TestOverlappingClaims(t *testing.T) {
	t.Parallel()
	first, url := fresh(t)
	stores := []*postgres.Store{first, open(t, url), open(t, url)}
	const rounds, ids, of = 25, 60, 100
	var all sync.WaitGroup
	for n, s := range stores {
		for half := range 2 {
			all.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(n), uint64(half)))
				for round := range rounds {
					var claims []store.Claim
					var results []store.Result
					for _, i := range rnd.Perm(of)[:ids] {
						id, worker := fmt.Sprintf("m-%d-%d", round/5, i), fmt.Sprint("w", n)
						claims = append(claims, store.Claim{Partition: i % 3, MessageID: id, Worker: worker, At: day})
						results = append(results, store.Result{Partition: i % 3, MessageID: id, Worker: worker, Receipt: []byte("{}")})
					}
					if _, err := s.Claim(t.Context(), claims); err != nil {
						t.Errorf("claim: %v", err)
					}
					if err := s.Record(t.Context(), results[:ids/3]); err != nil {
						t.Errorf("record: %v", err)
					}
				}
			})
		}
	}
	all.Wait()
	for _, s := range stores[1:] {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := sql[int](t, url, `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`); n > 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// TestOverlappingBatches commits the same profiles, messages and tallies in all partitions
// at the same time: partitions share no row.
func TestOverlappingBatches(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	other := open(t, url)
	var all sync.WaitGroup
	for p := range 8 {
		by := []*postgres.Store{s, other}[p%2]
		at := acquire(t, by, p, 1)
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(p), 7))
			for n := range 20 {
				b := step(p, 1, at)
				for _, i := range rnd.Perm(50) {
					b.Profiles = append(b.Profiles, store.ProfileRow{ID: fmt.Sprint("profile-", i), State: []byte("x"), Wake: day})
					b.Resting = append(b.Resting, store.RestingDelta{Journey: fmt.Sprint("j", i%5), Version: "v", Delta: 1})
					b.Arms = append(b.Arms, store.ArmDelta{Journey: fmt.Sprint("j", i%5), Arm: "a", Entered: 1})
				}
				if err := by.Commit(t.Context(), b); err != nil {
					t.Errorf("commit %d of partition %d: %v", n, p, err)
					return
				}
				at = b.To
			}
		})
	}
	all.Wait()
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if n := sql[int](t, url, `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`); n > 0 {
		t.Errorf("%d deadlocks", n)
	}
	resting, err := s.Resting(t.Context())
	if err != nil || len(resting) != 5 || resting[0].Count != 8*20*10 {
		t.Errorf("resting: %v %v", resting, err)
	}
}
