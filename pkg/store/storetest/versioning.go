package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/pkg/store"
)

// version makes a workspace version that was saved so many minutes after the day began.
func version(id string, minutes int, holds ...store.JourneyVersion) store.Version {
	return store.Version{
		ID: id, At: at(time.Duration(minutes) * time.Minute), By: "ada", Note: "note of " + id, Holds: holds,
		Files: map[string][]byte{"rapport.yaml": []byte("id: " + id)},
	}
}

func holds(journey, version string) store.JourneyVersion {
	return store.JourneyVersion{Journey: journey, Version: version}
}

func (f fixture) save(versions ...store.Version) {
	f.t.Helper()
	for _, v := range versions {
		if err := f.SaveVersion(f.t.Context(), v); err != nil {
			f.t.Fatalf("save: %v", err)
		}
	}
}

func (f fixture) apply(id string, when time.Time) {
	f.t.Helper()
	if err := f.Apply(f.t.Context(), id, when, "ada"); err != nil {
		f.t.Fatalf("apply: %v", err)
	}
}

func (f fixture) applied(limit int) []store.Application {
	f.t.Helper()
	list, err := f.Applied(f.t.Context(), limit)
	if err != nil {
		f.t.Fatalf("applied: %v", err)
	}
	return list
}

func (f fixture) version(id string) store.Version {
	f.t.Helper()
	v, err := f.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatalf("version: %v", err)
	}
	return v
}

func (f fixture) versions() []store.Version {
	f.t.Helper()
	list, err := f.Versions(f.t.Context())
	if err != nil {
		f.t.Fatalf("versions: %v", err)
	}
	return list
}

func (f fixture) versionIDs() (ids []string) {
	f.t.Helper()
	for _, v := range f.versions() {
		ids = append(ids, v.ID)
	}
	return ids
}

func (f fixture) prune(keep, removed int) {
	f.t.Helper()
	n, err := f.PruneVersions(f.t.Context(), keep)
	if err != nil {
		f.t.Fatalf("prune: %v", err)
	}
	equal(f.t, "how many were pruned", n, removed)
}

// testVersions saves versions with files of all sizes, odd names among them.
func testVersions(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "at first", len(f.versions()), 0)
	first := version("b", 1, holds("thank-you", "1"), holds("win-back", "1"))
	first.Files = map[string][]byte{
		"rapport.yaml": []byte("name: shop\n"), "empty": {}, "mail/ö \"'%\n.liquid": {0, 255, 10}, "\xff": []byte("a name in no encoding"),
		"big": []byte(strings.Repeat("all work and no play ", 100_000)),
	}
	second, third := version("a", 2, holds("thank-you", "2"), holds("win-back", "1")), version("c", 1)
	second.By, second.Note = "", ""
	f.save(second, first, third)
	for _, v := range []store.Version{first, second, third} {
		equal(t, "version "+v.ID, f.version(v.ID), v)
	}
	again := version("b", 9, holds("welcome", "1"))
	again.By = "bob"
	f.save(again)
	equal(t, "saved again", f.version("b"), first)

	want := []store.Version{second, third, first} // the newest, then by id
	for i := range want {
		want[i].Files = nil
	}
	equal(t, "list", f.versions(), want)
	for of, want := range map[store.JourneyVersion]string{
		holds("thank-you", "1"): "b", holds("thank-you", "2"): "a", holds("win-back", "1"): "a",
		holds("win-back", "2"): "", holds("welcome", "1"): "",
	} {
		id, err := f.VersionOf(t.Context(), of.Journey, of.Version)
		if id != want || (want == "") != errors.Is(err, store.ErrNotFound) {
			t.Errorf("version of %v is %q (%v), want %q", of, id, err, want)
		}
	}
	if _, err := f.Version(t.Context(), "z"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a version that nobody saved: %v, want ErrNotFound", err)
	}
	for what, v := range map[string]store.Version{"id": {At: day}, "time": {ID: "d"}} {
		if err := f.SaveVersion(t.Context(), v); err == nil {
			t.Errorf("a version without %s was taken", what)
		}
	}
	void := version("e", 3)
	void.Files = map[string][]byte{"void": nil}
	f.save(void)
	equal(t, "a file without content", f.version("e").Files, map[string][]byte{"void": {}})
	twice := version("d", 3, holds("x", "1"), holds("x", "1"))
	f.save(twice)
	equal(t, "held twice", f.version("d").Holds, twice.Holds[:1])
}

func testApplied(t *testing.T, o Options) {
	f := newFixture(t, o)
	equal(t, "at first", len(f.applied(10)), 0)
	f.save(version("a", 1), version("b", 2))
	if err := f.Apply(t.Context(), "z", day, "ada"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("apply what nobody saved: %v, want ErrNotFound", err)
	}
	f.apply("a", at(10))
	f.apply("b", at(20))
	f.apply("b", at(25)) // is in force already
	f.apply("a", at(5))  // back again, by a clock that is late
	want := []store.Application{
		{Version: "a", At: at(5), By: "ada"}, {Version: "b", At: at(20), By: "ada"}, {Version: "a", At: at(10), By: "ada"},
	}
	equal(t, "applied", f.applied(10), want)
	equal(t, "in force", f.applied(1), want[:1])
	equal(t, "limited to none", len(f.applied(0)), 0)
	if err := f.Apply(t.Context(), "b", time.Time{}, "ada"); err == nil {
		t.Error("an application without a time was taken")
	}
}

// testPruning prunes while people rest in old versions: what they need stays until the
// last of them has left.
func testPruning(t *testing.T, o Options) {
	f := newFixture(t, o)
	f.prune(0, 0)
	f.save(version("w1", 1, holds("a", "1"), holds("b", "1")), version("w2", 2, holds("a", "1"), holds("b", "2")),
		version("w3", 3, holds("a", "1"), holds("b", "3")), version("w4", 4, holds("a", "4"), holds("b", "3")),
		version("w5", 5, holds("a", "5"), holds("b", "3")), version("w6", 6, holds("a", "6"), holds("b", "3")),
		version("w7", 7, holds("a", "7"), holds("b", "3")), version("w8", 8, holds("a", "8"), holds("b", "3")))
	for _, id := range []string{"w1", "w4", "w6", "w6"} {
		f.apply(id, day)
	}
	f.acquire(1, 1)
	f.acquire(2, 1)
	rest := func(partition, inA1, inB1 int) {
		f.commit(&store.Batch{Partition: partition, Epoch: 1, Resting: []store.RestingDelta{
			{Journey: "a", Version: "1", Step: "wait", Delta: inA1},
			{Journey: "b", Version: "1", Step: "wait", Delta: inB1},
			{Journey: "elsewhere", Version: "1", Delta: 1}, // held by no version at all
		}})
	}
	rest(1, 1, 0)
	rest(2, -1, 2) // a mistake in counting; in sum nobody rests in version 1 of a, and yet
	f.prune(1, 3)  // of which b 1 is only in w1, and the newest with a 1 is w3
	equal(t, "the newest, in force, before that, and rested in", f.versionIDs(), []string{"w8", "w6", "w4", "w3", "w1"})
	equal(t, "a version that was kept", f.version("w3"), version("w3", 3, holds("a", "1"), holds("b", "3")))
	if _, err := f.VersionOf(t.Context(), "b", "2"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("version of what was pruned: %v, want ErrNotFound", err)
	}
	f.prune(1, 0)
	rest(2, 1, -2)
	f.prune(3, 1)
	equal(t, "when the last have left one", f.versionIDs(), []string{"w8", "w6", "w4", "w3"})
	rest(1, -1, 0)
	f.prune(0, 2)
	equal(t, "when all have left", f.versionIDs(), []string{"w6", "w4"})
	equal(t, "log", len(f.applied(10)), 3)
	if err := f.Apply(t.Context(), "w1", day, "ada"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("apply what was pruned: %v, want ErrNotFound", err)
	}
	f.save(version("w1", 1, holds("a", "1")))
	f.apply("w1", day)
	f.prune(0, 1)
	equal(t, "saved and applied again", f.versionIDs(), []string{"w6", "w1"})
}

// testPruningRaces prunes while people come to rest in old versions and leave them. When
// the commit that brought somebody has returned, the version is there or was gone before
// it; once somebody rests in it, it stays.
func testPruningRaces(t *testing.T, o Options) {
	f := newFixture(t, o)
	const partitions, rounds = 4, 25
	f.save(version("new", 1))
	f.apply("new", day)
	var all sync.WaitGroup
	for p := range partitions {
		f.acquire(p, 1)
		all.Go(func() {
			for i := range rounds {
				v := fmt.Sprintf("v-%d-%d", p, i)
				move := func(n int) error {
					return f.Commit(t.Context(), &store.Batch{
						Partition: p, Epoch: 1, Resting: []store.RestingDelta{{Journey: "a", Version: v, Delta: n}},
					})
				}
				err := errors.Join(move(1), f.SaveVersion(t.Context(), version(v, 0, holds("a", v))))
				_, pruning := f.PruneVersions(t.Context(), 0)
				id, reading := f.VersionOf(t.Context(), "a", v)
				if err := errors.Join(err, pruning, reading, move(-1)); err != nil || id != v {
					t.Errorf("version %q of %s: %v", id, v, err)
				}
			}
		})
	}
	all.Wait()
	if _, err := f.PruneVersions(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	equal(t, "in the end", f.versionIDs(), []string{"new"})
}
