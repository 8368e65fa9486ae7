package storetest

import (
	"testing"

	"rapport/pkg/store"
)

// testPositions acquires partitions, some of which never get a batch: all are told, with
// what Acquire says of them.
func testPositions(t *testing.T, o Options) {
	f := newFixture(t, o)
	positions := func() map[int]store.Position {
		t.Helper()
		all, err := f.Positions(t.Context())
		if err != nil {
			t.Fatalf("positions: %v", err)
		}
		return all
	}
	equal(t, "at first", positions(), map[int]store.Position{})
	want := map[int]store.Position{}
	for _, p := range []int{7, 0, 3} {
		want[p] = f.acquire(p, 1)
	}
	equal(t, "acquired", positions(), want)
	want[3] = f.commit(eventBatch(3, 1, want[3], "ada", "e1"))
	want[7] = f.commit(&store.Batch{Partition: 7, Epoch: 1, To: store.Position{Seq: 1<<64 - 1, Clock: at(1)}})
	f.refused(eventBatch(0, 9, store.Position{}, "ada", "e1"), store.ErrFenced)
	f.refused(eventBatch(4, 1, store.Position{}, "ada", "e1"), store.ErrFenced) // nobody's, and stays so
	equal(t, "after commits", positions(), want)
	for p := range want {
		equal(t, "acquired again", f.acquire(p, 2), want[p])
	}
}
