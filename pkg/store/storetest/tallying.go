package storetest

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"rapport/pkg/store"
)

func (f fixture) resting() []store.Resting {
	f.t.Helper()
	places, err := f.Resting(f.t.Context())
	if err != nil {
		f.t.Fatalf("resting: %v", err)
	}
	return places
}

func (f fixture) arms() []store.Arm {
	f.t.Helper()
	arms, err := f.Arms(f.t.Context())
	if err != nil {
		f.t.Fatalf("arms: %v", err)
	}
	return arms
}

// testResting moves instances from step to step in several partitions at the same time,
// with batches among them that are refused: what is counted is what was committed.
func testResting(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "at first", len(f.resting()), 0)
	const partitions, rounds = 4, 30
	var all sync.WaitGroup
	for p := range partitions {
		f.acquire(p, 1)
		all.Go(func() {
			for i := range rounds {
				b := &store.Batch{Partition: p, Epoch: 1, Resting: []store.RestingDelta{
					{Journey: "a", Version: "v1", Step: "wait", Delta: 3},
					{Journey: "a", Version: "v1", Step: "mail", Delta: -1},
					{Journey: "a", Version: "v1", Step: "mail", Delta: 2}, // named twice
					{Journey: "a", Version: "v2", Step: "wait", Delta: 1 - 2*(i%2)},
					{Journey: "b", Version: "v1", Delta: -1},
					{Journey: "c", Version: "v1", Step: "never", Delta: 0},
				}}
				refused := *b
				refused.Epoch = 7
				if f.Commit(t.Context(), &refused) == nil {
					t.Error("a fenced batch was taken")
				}
				if err := f.Commit(t.Context(), b); err != nil {
					t.Errorf("commit: %v", err)
				}
			}
		})
	}
	all.Wait()
	const n = partitions * rounds
	want := []store.Resting{
		{Journey: "a", Version: "v1", Step: "mail", Count: n},
		{Journey: "a", Version: "v1", Step: "wait", Count: 3 * n},
		{Journey: "b", Version: "v1", Count: -n},
	}
	equal(t, "counted", f.resting(), want)
	f.acquire(1, 2)
	equal(t, "after a new owner came", f.resting(), want)

	// Those of one partition may leave where those of others stay.
	f.commit(&store.Batch{Partition: 1, Epoch: 2, Resting: []store.RestingDelta{
		{Journey: "a", Version: "v1", Step: "mail", Delta: -n},
		{Journey: "a", Version: "v2", Step: "wait", Delta: 5},
	}})
	equal(t, "when all have left a step", f.resting(), []store.Resting{
		want[1], {Journey: "a", Version: "v2", Step: "wait", Count: 5}, want[2],
	})
}

func testArms(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "at first", len(f.arms()), 0)
	for p := range 3 {
		f.acquire(p, 1)
		for range 10 {
			f.commit(&store.Batch{Partition: p, Epoch: 1, Arms: []store.ArmDelta{
				{Journey: "a", Version: "v1", Step: "which", Arm: "short", Entered: 2, Converted: 1, Value: 0.1},
				{Journey: "a", Version: "v1", Step: "which", Arm: "short", Ghost: true, Entered: 1},
				{Journey: "a", Version: "v1", Step: "which", Arm: "long", Converted: 1, Value: 1e9 + 0.000001},
				{Journey: "a", Version: "v1", Arm: "sent", Entered: 3, Value: -2.5},
				{Journey: "a", Version: "v2", Step: "which", Arm: "short", Entered: 1},
				{Journey: "a", Version: "v2", Step: "which", Arm: "none"},
			}})
		}
	}
	equal(t, "measured", f.arms(), []store.Arm{
		{Journey: "a", Version: "v1", Arm: "sent", Entered: 90, Value: -75},
		{Journey: "a", Version: "v1", Step: "which", Arm: "long", Converted: 30, Value: 30_000_000_000.00003},
		{Journey: "a", Version: "v1", Step: "which", Arm: "short", Entered: 60, Converted: 30, Value: 3},
		{Journey: "a", Version: "v1", Step: "which", Arm: "short", Ghost: true, Entered: 30},
		{Journey: "a", Version: "v2", Step: "which", Arm: "short", Entered: 30},
	})
	testHostileValues(t, f)
}

// testHostileValues adds values that no shop turns over: they are bounded, and no batch is
// refused for them, ever.
func testHostileValues(t *testing.T, f fixture) {
	t.Helper()
	for p := range 3 {
		for range 15 {
			for _, v := range []float64{math.NaN(), math.Inf(1), math.MaxFloat64, 1e13} {
				f.commit(&store.Batch{Partition: p, Epoch: 1, Arms: []store.ArmDelta{
					{Journey: "h", Arm: "up", Entered: 1, Value: v}, {Journey: "h", Arm: "down", Entered: 1, Value: -v},
				}})
			}
		}
	}
	var hostile []store.Arm
	for _, a := range f.arms() {
		if a.Journey == "h" {
			hostile = append(hostile, a)
		}
	}
	equal(t, "bounded", hostile, []store.Arm{
		{Journey: "h", Arm: "down", Entered: 180, Value: -4e12}, {Journey: "h", Arm: "up", Entered: 180, Value: 4e12},
	})
}

// testWinners decides at the same time: one decision stands, and everybody is told which.
func testWinners(t *testing.T, o Options) {
	f := newFixture(t, o)
	var told [8]store.Winner
	var all sync.WaitGroup
	for i := range told {
		all.Go(func() {
			w := store.Winner{Journey: "a", Version: "v1", Step: "which", Arm: fmt.Sprint("arm ", i), At: at(1), Detail: fmt.Sprint(i)}
			var err error
			if told[i], err = f.Decide(t.Context(), w); err != nil {
				t.Errorf("decide: %v", err)
			}
		})
	}
	all.Wait()
	want := []store.Winner{told[0]}
	for _, w := range told {
		equal(t, "the winner that stands", w, told[0])
	}
	for _, w := range []store.Winner{
		{Journey: "a", Version: "v2", Step: "which", Arm: "short", At: at(-1)},
		{Journey: "a", Version: "v1", Arm: "sent", At: at(0)},
	} {
		got, err := f.Decide(t.Context(), w)
		if err != nil {
			t.Fatalf("decide: %v", err)
		}
		equal(t, "decided", got, w)
		want = append(want, w)
	}
	got, err := f.Winners(t.Context())
	if err != nil {
		t.Fatalf("winners: %v", err)
	}
	equal(t, "winners", got, want)
	if _, err := f.Decide(t.Context(), store.Winner{Journey: "z", Arm: "x"}); err == nil {
		t.Error("a decision without a time was taken")
	}
}
