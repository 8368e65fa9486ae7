package storetest

import (
	"testing"
	"time"

	"rapport/pkg/store"
)

// wakeBatch sets the wakes of profiles, and nothing else.
func wakeBatch(partition int, from store.Position, wakes map[string]time.Time) *store.Batch {
	b := &store.Batch{Partition: partition, Epoch: 1, From: from, To: from}
	for id, wake := range wakes {
		b.Profiles = append(b.Profiles, store.ProfileRow{ID: id, State: []byte(id), Wake: wake})
	}
	return b
}

func (f fixture) nextDue(partition int) (time.Time, bool) {
	f.t.Helper()
	when, ok, err := f.NextDue(f.t.Context(), partition)
	if err != nil {
		f.t.Fatalf("next due: %v", err)
	}
	return when, ok
}

func testDue(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	f.acquire(2, 1)
	if _, ok := f.nextDue(1); ok {
		t.Error("something is due in an empty partition")
	}
	f.commit(wakeBatch(1, store.Position{}, map[string]time.Time{
		"late": at(3), "é": at(1), "b": at(1), "B": at(1), "a": at(1), "first": at(0), "never": {},
	}))
	f.commit(wakeBatch(2, store.Position{}, map[string]time.Time{"elsewhere": at(-1)}))

	ids := func(wakes []store.Wake) (ids []string) {
		for _, w := range wakes {
			ids = append(ids, w.Profile)
		}
		return ids
	}
	equal(t, "due at the end", f.due(1, at(4), 2), []store.Wake{{Profile: "first", Due: at(0)}, {Profile: "B", Due: at(1)}})
	for _, c := range []struct {
		before time.Duration
		limit  int
		want   []string
	}{
		{0, 10, nil}, // strictly before
		{1, 10, []string{"first"}},
		{2, 10, []string{"first", "B", "a", "b", "é"}}, // in the order of bytes
		{3, 10, []string{"first", "B", "a", "b", "é"}},
		{4, 10, []string{"first", "B", "a", "b", "é", "late"}},
		{4, 3, []string{"first", "B", "a"}},
		{4, 0, nil},
	} {
		equal(t, "due before "+c.before.String(), ids(f.due(1, at(c.before), c.limit)), c.want)
	}
	if when, ok := f.nextDue(1); !ok || !when.Equal(at(0)) {
		t.Errorf("next due: %v %v, want %v", when, ok, at(0))
	}
}

// testDueMoves moves, clears and sets wakes: each profile is due once, at its last wake.
func testDueMoves(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.acquire(1, 1)
	set := func(wakes map[string]time.Time) { f.commit(wakeBatch(1, store.Position{}, wakes)) }
	all := func() []store.Wake { return f.due(1, at(time.Hour), 100) }

	set(map[string]time.Time{"ada": at(10), "bob": at(20)})
	equal(t, "asked twice", all(), all())
	set(map[string]time.Time{"ada": at(30)})
	equal(t, "moved later", all(), []store.Wake{{Profile: "bob", Due: at(20)}, {Profile: "ada", Due: at(30)}})
	set(map[string]time.Time{"ada": at(5)})
	equal(t, "moved earlier", all(), []store.Wake{{Profile: "ada", Due: at(5)}, {Profile: "bob", Due: at(20)}})
	set(map[string]time.Time{"ada": at(5)})
	equal(t, "set again", all(), []store.Wake{{Profile: "ada", Due: at(5)}, {Profile: "bob", Due: at(20)}})
	set(map[string]time.Time{"ada": {}})
	equal(t, "cleared", all(), []store.Wake{{Profile: "bob", Due: at(20)}})
	b := wakeBatch(1, store.Position{}, nil)
	b.Profiles = []store.ProfileRow{{ID: "bob", State: []byte("1"), Wake: at(7)}, {ID: "bob", State: []byte("2")}}
	f.commit(b)
	equal(t, "the last row of a batch counts", all(), []store.Wake(nil))
	if when, ok := f.nextDue(1); ok {
		t.Errorf("next due: %v, want nothing", when)
	}
	set(map[string]time.Time{"ada": at(9)})
	equal(t, "set after clearing", all(), []store.Wake{{Profile: "ada", Due: at(9)}})
}
