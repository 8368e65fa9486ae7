package workspace

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/workspace/source"
)

// Config is what the engine needs of the workspace. since is when the workspace came into
// force, and old are the versions of journeys that people may still be inside of. The
// winners of experiments, which no file holds, are for the caller to add.
func (s *Snapshot) Config(since time.Time, old []*journey.Definition) journey.Config {
	return journey.Config{
		Version: s.version, Since: since, Journeys: s.Journeys(), Old: slices.Clone(old),
		Segments: s.Segments(), Policy: s.policy, Loyalty: s.loyalty, Zone: s.zone,
	}
}

// Segments are the segments in an order in which each asks only for earlier ones. The slice
// is the caller's, the segments are shared and must not be changed.
func (s *Snapshot) Segments() []*journey.Segment { return slices.Clone(s.segments) }

// Policy is the rules about messages; nil when the workspace has none. It must not be
// changed.
func (s *Snapshot) Policy() *policy.Policy { return s.policy }

// Purpose is one that people can agree to, and what it is called where they choose, by locale.
type Purpose struct {
	Name string
	policy.Title
}

// Purposes are what people can agree to, in the order of policy.yaml. A workspace that lists
// none has marketing.
func (s *Snapshot) Purposes() []Purpose {
	if s.policy == nil || len(s.policy.Purposes) == 0 {
		return []Purpose{{Name: string(message.Marketing)}}
	}
	list := make([]Purpose, len(s.policy.Purposes))
	for i, name := range s.policy.Purposes {
		list[i] = Purpose{name, s.policy.Titles[name]}
	}
	return list
}

// Zone is the shop's time zone.
func (s *Snapshot) Zone() *time.Location { return s.zone }

// Files are the texts of all files that the snapshot was read from, by their names within
// the workspace: enough for FromFiles to make the same snapshot again.
func (s *Snapshot) Files() map[string][]byte {
	out := make(map[string][]byte, len(s.files))
	for _, f := range s.files {
		out[f.Name] = []byte(f.Text)
	}
	return out
}

// FromFiles reads a workspace from files that Files gave, such as a version that was kept.
// name is what the workspace is called in messages. Errors are those of Load.
func FromFiles(files map[string][]byte, name string) (*Snapshot, error) {
	var r source.Report
	sources := make([]*source.File, 0, len(files))
	for _, file := range slices.Sorted(maps.Keys(files)) {
		sources = append(sources, source.NewFile(file, string(files[file])))
	}
	// The order in which Load reads them, because the version depends on it.
	slices.SortStableFunc(sources, func(a, b *source.File) int { return cmp.Compare(root(a.Name), root(b.Name)) })
	return compile(sources, name, &r)
}

// root is the place among roots of what a file belongs to.
func root(file string) int {
	first, _, _ := strings.Cut(file, "/")
	return slices.Index(roots(), first)
}

// zone is a time zone by its name, which was checked before; UTC when it was wrong.
func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC
	}
	return z
}
