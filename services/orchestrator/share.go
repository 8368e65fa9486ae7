package orchestrator

import (
	"cmp"
	"slices"
)

// shares says which member is to work on each of n partitions, given who works on them now.
// It is a function of what all members can see, so that they come to the same answer without a
// leader:
//
//   - the shares differ by one at most;
//   - who has no more than his share keeps what he has, so only what must move moves;
//   - of an uneven rest those have one more who have more already.
//
// A holder who is no member works on nothing. The answer has the index of a partition's
// member in members, which must be sorted and without repeats; with no members it is nil.
func shares(n int, members []string, holder func(partition int) string) []int {
	if len(members) == 0 {
		return nil
	}
	owner, has := make([]int, n), make([]int, len(members))
	for p := range owner {
		m, ok := slices.BinarySearch(members, holder(p))
		if !ok {
			owner[p] = -1
			continue
		}
		owner[p] = m
		has[m]++
	}
	quota := quotas(n, has)
	for p := n - 1; p >= 0; p-- {
		if m := owner[p]; m >= 0 && has[m] > quota[m] {
			has[m]--
			owner[p] = -1
		}
	}
	for p := range owner {
		if owner[p] >= 0 {
			continue
		}
		m := neediest(quota, has)
		owner[p] = m
		has[m]++
	}
	return owner
}

// quotas is how many of n partitions each member is to have.
func quotas(n int, has []int) []int {
	order := make([]int, len(has))
	for m := range order {
		order[m] = m
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(has[b], has[a]) })
	quota := make([]int, len(has))
	for i, m := range order {
		quota[m] = n / len(has)
		if i < n%len(has) {
			quota[m]++
		}
	}
	return quota
}

// neediest is the first of the members that lack most.
func neediest(quota, has []int) int {
	best := 0
	for m := range quota {
		if quota[m]-has[m] > quota[best]-has[best] {
			best = m
		}
	}
	return best
}
