package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"rapport/pkg/store"
)

func claimOf(id, worker string) store.Claim {
	return store.Claim{Partition: 1, MessageID: id, Worker: worker, At: day}
}

func resultOf(id, worker, receipt string) store.Result {
	return store.Result{Partition: 1, MessageID: id, Worker: worker, Receipt: []byte(receipt)}
}

func testClaims(t *testing.T, o Options) {
	f := newFixture(t, o)
	fresh := store.Prior{State: store.Fresh}
	equal(t, "nobody's", f.claimed("a"), fresh)
	equal(t, "new ids", f.claim(claimOf("a", "w1"), claimOf("b", "w1")), []store.Prior{fresh, fresh})
	f.record(resultOf("a", "w1", `{"outcome":"sent"}`))
	done := store.Prior{State: store.Done, Worker: "w1", Receipt: []byte(`{"outcome":"sent"}`)}
	equal(t, "done, left open and new", f.claim(claimOf("a", "w2"), claimOf("b", "w2"), claimOf("c", "w2")),
		[]store.Prior{done, {State: store.Open, Worker: "w1"}, fresh})
	equal(t, "open again, now of the second", f.claim(claimOf("b", "w3")), []store.Prior{{State: store.Open, Worker: "w2"}})
	equal(t, "done stays", f.claim(claimOf("a", "w3")), []store.Prior{done})
	for range 2 {
		equal(t, "looked at: done", f.claimed("a"), done)
		equal(t, "looked at: open", f.claimed("b"), store.Prior{State: store.Open, Worker: "w3"})
		equal(t, "looked at: still nobody's", f.claimed("e"), fresh)
	}
	equal(t, "twice in one call", f.claim(claimOf("d", "w1"), claimOf("d", "w1")), []store.Prior{fresh, {State: store.Open, Worker: "w1"}})
	elsewhere := claimOf("a", "w1")
	elsewhere.Partition = 2
	equal(t, "in another partition", f.claim(elsewhere), []store.Prior{fresh})
	equal(t, "none", len(f.claim()), 0)
}

// testClaimsRace lets many workers claim the same messages at the same time: each message
// is fresh to exactly one of them.
func testClaimsRace(t *testing.T, o Options) {
	f := newFixture(t, o)
	const workers, messages = 16, 30
	var fresh [messages]atomic.Int32
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range messages {
				n := (i + w) % messages
				priors, err := f.Claim(t.Context(), []store.Claim{claimOf(fmt.Sprint(n), fmt.Sprint("w", w))})
				if err != nil {
					t.Errorf("claim: %v", err)
					return
				}
				if priors[0].State == store.Fresh {
					fresh[n].Add(1)
				}
			}
		})
	}
	all.Wait()
	for n := range fresh {
		if got := fresh[n].Load(); got != 1 {
			t.Errorf("message %d was fresh to %d workers", n, got)
		}
	}
}

func testRecord(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.claim(claimOf("a", "w1"), claimOf("b", "w1"))
	f.record()
	f.record(resultOf("a", "w1", `1`), resultOf("b", "w1", `2`))
	f.record(resultOf("a", "w1", `3`)) // the first result stays
	equal(t, "first result", string(f.claim(claimOf("a", "w2"))[0].Receipt), `1`)

	// A worker that was thought dead knows what became of its message better than whoever
	// took the claim over and has not finished.
	f.claim(claimOf("c", "w1"))
	f.claim(claimOf("c", "w2"))
	f.record(resultOf("c", "w1", `4`))
	f.record(resultOf("c", "w2", `5`))
	equal(t, "late result", f.claim(claimOf("c", "w3")), []store.Prior{{State: store.Done, Worker: "w1", Receipt: []byte(`4`)}})

	f.claim(claimOf("d", "w1"))
	err := f.Record(t.Context(), []store.Result{resultOf("d", "w1", `6`), resultOf("nobody's", "w1", `7`)})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("result of an unclaimed message: %v, want ErrNotFound", err)
	}
	equal(t, "the other result of that call", f.claim(claimOf("d", "w2"))[0].State, store.Open)
	if err := f.Record(t.Context(), []store.Result{resultOf("d", "w1", ``)}); err == nil {
		t.Error("a result without a receipt was taken")
	}
}
