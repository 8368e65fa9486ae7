package storetest

import (
	"fmt"
	"slices"
	"testing"

	"rapport/pkg/store"
)

func (f fixture) stale(partition int, snapshot, after string, limit int) []string {
	f.t.Helper()
	ids, err := f.Stale(f.t.Context(), partition, snapshot, after, limit)
	if err != nil {
		f.t.Fatalf("stale: %v", err)
	}
	return ids
}

func (f fixture) staleCount(snapshot string) int {
	f.t.Helper()
	n, err := f.StaleCount(f.t.Context(), snapshot)
	if err != nil {
		f.t.Fatalf("count stale profiles: %v", err)
	}
	return n
}

func (f fixture) states(refs ...store.ProfileRef) [][]byte {
	f.t.Helper()
	looks := make([]store.Look, len(refs))
	for i, r := range refs {
		looks[i].ProfileRef = r
	}
	states := make([][]byte, len(refs))
	for i, sight := range f.sights(looks...) {
		states[i] = sight.State
	}
	return states
}

// testStanding asks for many profiles of several partitions, some of them unknown.
func testStanding(t *testing.T, o Options) {
	f := newFixture(t, o)
	var refs []store.ProfileRef
	var want [][]byte
	for p := range 3 {
		f.acquire(p, 1)
		b := &store.Batch{Partition: p, Epoch: 1}
		for i := range 50 {
			id := fmt.Sprint("profile-", i)
			refs = append(refs, store.ProfileRef{Partition: p, Profile: id})
			if i%5 == p {
				want = append(want, nil)
				continue
			}
			state := fmt.Appendf(nil, "%d of %d", i, p)
			if i == 7 {
				state = []byte{}
			}
			b.Profiles = append(b.Profiles, store.ProfileRow{ID: id, State: state})
			want = append(want, state)
		}
		f.commit(b)
	}
	equal(t, "states", f.states(refs...), want)
	slices.Reverse(refs)
	slices.Reverse(want)
	equal(t, "states, asked the other way round", f.states(refs...), want)
	equal(t, "asked twice", f.states(refs[3], refs[3]), [][]byte{want[3], want[3]})
	equal(t, "of nobody", len(f.states()), 0)
	equal(t, "of a partition that nobody owns", f.states(store.ProfileRef{Partition: 9, Profile: "profile-1"}), [][]byte{nil})
	f.commit(&store.Batch{Partition: 2, Epoch: 1, Profiles: []store.ProfileRow{{ID: "profile-1", State: []byte("new")}}})
	equal(t, "after a commit", f.states(store.ProfileRef{Partition: 2, Profile: "profile-1"}), [][]byte{[]byte("new")})
}

// testStale refreshes a partition page by page, as the engine does, with profiles that
// have met several versions, or none.
func testStale(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "in an empty store", f.staleCount("w4"), 0)
	f.acquire(1, 1)
	f.acquire(2, 1)
	var ids []string
	b := &store.Batch{Partition: 1, Epoch: 1}
	for i := range 60 {
		row := store.ProfileRow{ID: fmt.Sprintf("profile-%02d", (i*7)%60), State: []byte("x"), Snapshot: []string{"", "w1", "w4", "w9"}[i%4]}
		b.Profiles = append(b.Profiles, row)
		if row.Snapshot != "w4" {
			ids = append(ids, row.ID)
		}
	}
	slices.Sort(ids)
	f.commit(b)
	f.commit(&store.Batch{Partition: 2, Epoch: 1, Profiles: []store.ProfileRow{{ID: "elsewhere", State: []byte("x"), Snapshot: "w1"}}})

	equal(t, "stale", f.stale(1, "w4", "", 100), ids)
	equal(t, "stale after one", f.stale(1, "w4", ids[9], 5), ids[10:15])
	equal(t, "stale after an id that is none", f.stale(1, "w4", ids[9]+"!", 5), ids[10:15])
	equal(t, "limited to none", len(f.stale(1, "w4", "", 0)), 0)
	equal(t, "after the last", len(f.stale(1, "w4", ids[44], 5)), 0)
	equal(t, "against a version nobody met", len(f.stale(1, "w5", "", 100)), 60)
	equal(t, "against none", len(f.stale(1, "", "", 100)), 45)
	equal(t, "of an empty partition", len(f.stale(3, "w4", "", 100)), 0)
	equal(t, "count", f.staleCount("w4"), 46)

	after, left := "", 46
	for page := f.stale(1, "w4", after, 7); len(page) > 0; page = f.stale(1, "w4", after, 7) {
		b := &store.Batch{Partition: 1, Epoch: 1}
		for _, id := range page {
			b.Profiles = append(b.Profiles, store.ProfileRow{ID: id, State: []byte("refreshed"), Snapshot: "w4"})
		}
		f.commit(b)
		after, left = page[len(page)-1], left-len(page)
		equal(t, "count while refreshing", f.staleCount("w4"), left)
	}
	equal(t, "left in the end", f.staleCount("w4"), 1)
	equal(t, "left in the partition", len(f.stale(1, "w4", "", 100)), 0)
	// A worker that has not heard of the new version sets one back.
	f.commit(&store.Batch{Partition: 1, Epoch: 1, Profiles: []store.ProfileRow{{ID: ids[3], State: []byte("x"), Snapshot: "w1"}}})
	equal(t, "set back", f.stale(1, "w4", "", 100), ids[3:4])
	equal(t, "the state", f.load(1, store.Want{Profile: ids[3]})[0].State, []byte("x"))
}
