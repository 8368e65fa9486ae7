package workspace

import (
	"testing"
	"testing/fstest"
	"time"

	"rapport/pkg/journey"
)

// TestConfig: the engine gets all that the files say.
func TestConfig(t *testing.T) {
	t.Parallel()
	files := large()
	files["loyalty.yaml"] = "tiers: [{name: silver, from: 500}]\n"
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	old := []*journey.Definition{{Name: "gone", Version: "1"}}
	c := s.Config(since, old)
	if c.Version != s.Version() || !c.Since.Equal(since) || len(c.Journeys) != 1 || len(c.Old) != 1 || len(c.Segments) != 1 ||
		c.Policy == nil || len(c.Loyalty.Tiers) != 1 || c.Zone.String() != "Europe/London" {
		t.Errorf("%+v", c)
	}
	if _, err := journey.NewSet(s.Config(since, nil)); err != nil {
		t.Errorf("the engine refuses it: %v", err)
	}
}

// TestFromFiles: the files of a snapshot make the same snapshot again, from memory.
func TestFromFiles(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]func(testing.TB) *Snapshot{
		"starter": loadStarter,
		"large": func(tb testing.TB) *Snapshot {
			files := large()
			files["rapport.yaml"] = "\ufeff" + files["rapport.yaml"]
			s, err := load(files)
			if err != nil {
				tb.Fatal(err)
			}
			return s
		},
	} {
		first := s(t)
		kept := first.Files()
		again, err := FromFiles(kept, "kept")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again.Version() != first.Version() || len(again.Journeys()) != len(first.Journeys()) || again.Shop().Name != first.Shop().Name {
			t.Errorf("%s: version %s, then %s", name, first.Version(), again.Version())
		}
		tree := fstest.MapFS{}
		for file, text := range kept {
			tree[file] = &fstest.MapFile{Data: text}
		}
		if s, err := Load(tree, "written out"); err != nil || s.Version() != first.Version() {
			t.Errorf("%s: written out and read: %v", name, err)
		}
		delete(kept, "rapport.yaml")
		if _, err := FromFiles(kept, "kept"); err == nil {
			t.Errorf("%s: a kept version without rapport.yaml reads", name)
		}
	}
}
