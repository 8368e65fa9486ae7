package orchestrator

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// spread counts how many partitions each member has.
func spread(owner []int, members int) []int {
	has := make([]int, members)
	for _, m := range owner {
		has[m]++
	}
	return has
}

// Whoever held what before, the shares are even within one; applying the rule again moves
// nothing; and no more moves than has to: nobody below his share loses anything.
func TestSharesAreEvenAndSteady(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 64).Draw(t, "partitions")
		members := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-f]{1,3}`), 1, 9, rapid.ID).Draw(t, "members")
		slices.Sort(members)
		// Some holders are no members, as the dead and what nobody holds.
		holders := rapid.SliceOfN(rapid.SampledFrom(append([]string{"", "gone"}, members...)), n, n).Draw(t, "holders")
		holder := func(p int) string { return holders[p] }

		owner := shares(n, members, holder)
		has := spread(owner, len(members))
		if slices.Max(has)-slices.Min(has) > 1 {
			t.Fatalf("uneven: %v", has)
		}
		before, kept := make([]int, len(members)), make([]int, len(members))
		for p, h := range holders {
			if m, ok := slices.BinarySearch(members, h); ok {
				before[m]++
				if owner[p] == m {
					kept[m]++
				}
			}
		}
		for m := range members {
			if kept[m] != min(before[m], has[m]) {
				t.Fatalf("%s had %d, has %d and kept only %d", members[m], before[m], has[m], kept[m])
			}
		}
		again := shares(n, members, func(p int) string { return members[owner[p]] })
		if !slices.Equal(again, owner) {
			t.Fatalf("not steady: %v then %v", owner, again)
		}
	})
}

// One who joins gets exactly his share and nobody else gets anything; what one leaves
// behind is all that moves.
func TestSharesMoveOnlyWhatMustMove(t *testing.T) {
	t.Parallel()
	const n = 16
	var members []string
	owners := make([]string, n)
	assign := func() int {
		slices.Sort(members)
		moved := 0
		for p, m := range shares(n, members, func(p int) string { return owners[p] }) {
			if owners[p] != members[m] {
				moved++
			}
			owners[p] = members[m]
		}
		return moved
	}
	for i := range 6 {
		members = append(members, fmt.Sprint("m", i))
		want := n / (i + 1)
		if moved := assign(); moved != want {
			t.Fatalf("%d members: %d partitions moved, want %d", i+1, moved, want)
		}
	}
	for len(members) > 1 {
		gone := members[0]
		had := 0
		for _, o := range owners {
			if o == gone {
				had++
			}
		}
		members = members[1:]
		if moved := assign(); moved != had {
			t.Fatalf("%s left with %d partitions and %d moved", gone, had, moved)
		}
	}
}

// While a change is under way the members see different stages of it, and still agree on
// who is to have what.
func TestSharesAgreeOnTheWay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 16
		members := []string{"a", "b", "c"}
		owner := shares(n, members, func(int) string { return "a" })
		// Any of those to be moved may be released, and any of these taken by its new owner.
		stage := make([]string, n)
		for p := range stage {
			stage[p] = "a"
			if owner[p] != 0 && rapid.Bool().Draw(t, "released") {
				stage[p] = ""
			}
		}
		for p, m := range shares(n, members, func(p int) string { return stage[p] }) {
			if m != owner[p] {
				t.Fatalf("partition %d goes to %s at %v, and to %s at first", p, members[m], stage, members[owner[p]])
			}
		}
	})
}
