package storetest

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rapport/pkg/store"
)

// testIdentities writes, replaces and removes what is known of ids, with batches and never
// without them.
func testIdentities(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	equal(t, "of an empty store", f.identities(1, "a", "b"), [][]byte{nil, nil})
	equal(t, "of nobody", len(f.identities(1)), 0)
	var rows []store.IdentityRow
	var ids []string
	want := make([][]byte, 100)
	for i := range want {
		ids = append(ids, fmt.Sprintf("id %d \u00fc", i))
		want[i] = []byte{byte(i), 0, 0xff}
		rows = append(rows, store.IdentityRow{ID: ids[i], State: want[i]})
	}
	want[7], rows[7].State = []byte{}, []byte{}
	slices.Reverse(rows)
	b := &store.Batch{Partition: 1, Epoch: 1, Identities: rows}
	f.commit(b)
	equal(t, "written", f.identities(1, ids...), want)
	equal(t, "in another partition", f.identities(2, ids[0]), [][]byte{nil})
	equal(t, "repeated", f.identities(1, ids[3], "nobody", ids[3]), [][]byte{want[3], nil, want[3]})

	next := eventBatch(1, 1, store.Position{}, "ada", "e1")
	next.Identities = []store.IdentityRow{{ID: ids[0]}, {ID: ids[1], State: []byte("new")}, {ID: "nobody"}}
	at := f.commit(next)
	want[0], want[1] = nil, []byte("new")
	equal(t, "changed", f.identities(1, ids...), want)

	refused := eventBatch(1, 1, at, "ada", "e1")
	refused.Identities = []store.IdentityRow{{ID: ids[1]}, {ID: ids[0], State: []byte("x")}}
	f.refused(refused, store.ErrExists)
	equal(t, "after a batch that was refused", f.identities(1, ids...), want)

	// Who is erased is removed by whoever knows which rows name them.
	gone := &store.Batch{Partition: 1, Epoch: 1, From: at, To: at, Erasures: []store.Erasure{{Profile: ids[1], At: day}}}
	f.commit(gone)
	equal(t, "after an erasure", f.identities(1, ids[1]), [][]byte{want[1]})
}

func (f fixture) identities(partition int, ids ...string) [][]byte {
	f.t.Helper()
	states, err := f.Identities(f.t.Context(), partition, ids)
	if err != nil {
		f.t.Fatalf("identities: %v", err)
	}
	if len(states) != len(ids) {
		f.t.Fatalf("identities: %d answers to %d ids", len(states), len(ids))
	}
	return states
}

// drawIdentities draws what a batch says about ids, about each at most once.
func (m *machine) drawIdentities(r *rapid.T, b *store.Batch) {
	for _, id := range []string{"ada", "bob"} {
		switch rapid.IntRange(0, 5).Draw(r, "identity") {
		case 0:
			b.Identities = append(b.Identities, store.IdentityRow{ID: m.own(id)})
		case 1:
			b.Identities = append(b.Identities, store.IdentityRow{ID: m.own(id), State: rapid.SliceOfN(rapid.Byte(), 1, 3).Draw(r, "identity state")})
		}
	}
}

// stepIdentities asks what is known of ids.
func (m *machine) stepIdentities(r *rapid.T) {
	partition, ids := m.partition(r), []string{m.profile(r), m.profile(r)}
	want := make([][]byte, len(ids))
	if p := m.model.partitions[partition]; p != nil {
		for i, id := range ids {
			want[i] = p.ids[id]
		}
	}
	differ(r, "identities", m.identities(partition, ids...), want)
}
