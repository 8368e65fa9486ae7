package workspace

import (
	"slices"
	"strings"
	"testing"

	"rapport/pkg/journey"
)

func segmentsOf(t *testing.T, files map[string]string) []*journey.Segment {
	t.Helper()
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	return s.Segments()
}

// TestSegmentsInOrder: each segment comes after those that it asks for, whatever its name,
// and says what it looks at.
func TestSegmentsInOrder(t *testing.T) {
	t.Parallel()
	files := small()
	files["segments/a.yaml"] = "segment: all-star\ntitle: Stars\nif: '\"vip\" in profile.segments and profile.segments.exists(s, s == \"loyal\")'\n"
	files["segments/b.yaml"] = "segment: vip\nif: '\"loyal\" in profile.segments and profile.orders.total > 500'\n"
	files["segments/c.yml"] = "segment: loyal\nif: orders.count(last = 90d) >= 3\n"
	files["segments/d.yaml"] = "segment: german\nif: profile.country == \"DE\"\n"
	all := segmentsOf(t, files)
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
		if len(s.Version) != 16 || s.If == nil {
			t.Errorf("%+v", s)
		}
	}
	if want := []string{"loyal", "vip", "all-star", "german"}; !slices.Equal(names, want) {
		t.Fatalf("order: %v, want %v", names, want)
	}
	if s := all[2]; s.Title != "Stars" || !slices.Equal(s.Reads.Segments, []string{"loyal", "vip"}) || s.Reads.Profile {
		t.Errorf("all-star: %+v", s)
	}
	if s := all[0]; s.Title != "loyal" || !slices.Contains(s.Reads.Events, "order.completed") {
		t.Errorf("loyal: %+v", s)
	}
	if s := all[3]; !s.Reads.Profile || len(s.Reads.Events) > 0 || len(s.Reads.Segments) > 0 {
		t.Errorf("german: %+v", s)
	}
}

// TestSegmentVersion: the version of a segment follows its condition, and nothing else.
func TestSegmentVersion(t *testing.T) {
	t.Parallel()
	version := func(text string) string {
		files := small()
		files["segments/vip.yaml"] = text
		return segmentsOf(t, files)[0].Version
	}
	first := version("segment: vip\nif: profile.orders.total > 500\n")
	if other := version("# who spends much\nif: profile.orders.total > 500\ntitle: Our best\nsegment: vip\n"); other != first {
		t.Errorf("a title and a comment make another version: %s, %s", first, other)
	}
	if other := version("segment: vip\nif: profile.orders.total > 400\n"); other == first {
		t.Error("another condition makes no other version")
	}
}

// TestCircles: a circle of segments is one mistake, which names all that are in it.
func TestCircles(t *testing.T) {
	t.Parallel()
	files := small()
	for name, of := range map[string]string{"a": "b", "b": "c", "c": "a", "d": "a"} {
		files["segments/"+name+".yaml"] = "segment: " + name + "\nif: '\"" + of + "\" in profile.segments'\n"
	}
	_, err := load(files)
	if err == nil || strings.Count(err.Error(), "circle") != 1 || !strings.Contains(err.Error(), "segments/c.yaml:2:") || !strings.Contains(err.Error(), "a -> b -> c -> a") {
		t.Errorf("got %v", err)
	}
}
