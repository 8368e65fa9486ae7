package script

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/workspace"
	"rapport/pkg/workspace/source"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Dir is where the tests of a workspace lie.
const Dir = "tests"

// ending is how files with tests are called.
const ending = ".test.yaml"

// Read reads the tests of a workspace directory. The error is source.Problems when files are
// at fault; a directory without tests has none.
func Read(fsys fs.FS, snap *workspace.Snapshot) ([]*Test, error) {
	var r source.Report
	var tests []*Test
	err := fs.WalkDir(fsys, Dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == Dir:
			return fs.SkipDir
		case err != nil:
			r.File(name, "cannot be read: "+err.Error(), "")
			return nil
		case d.IsDir() || strings.HasPrefix(path.Base(name), ".") || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, "~"):
			return nil
		case !strings.HasSuffix(name, ending):
			r.File(name, "is no test", "call it NAME"+ending+", or move it out of "+Dir+"/")
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			r.File(name, "cannot be read: "+err.Error(), "")
			return nil
		}
		tests = append(tests, ReadText(name, string(text), snap, &r)...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	if ps := r.Problems(); len(ps) > 0 {
		return nil, ps
	}
	return tests, nil
}

// ReadText reads the tests of one file: YAML documents with a test each, or one with a
// list under tests: whose other keys hold for all of them.
func ReadText(name, text string, snap *workspace.Snapshot, r *source.Report) []*Test {
	var tests []*Test
	titles := map[string]bool{}
	for _, f := range documents(name, text) {
		n := f.YAML(r)
		if n == nil {
			continue
		}
		rd := &reader{r: r, snap: snap}
		found := []*source.Node{n}
		if list := n.Get("tests"); list != nil {
			found = rd.spread(n, list)
		}
		for _, one := range found {
			t := rd.test(one)
			if t == nil {
				continue
			}
			if titles[t.Name] {
				r.At(f, t.at, "there are two tests of this name in the file", "say what makes them different")
			}
			titles[t.Name] = true
			tests = append(tests, t)
		}
	}
	return tests
}

// documents parts a file at its lines "---". Every part keeps its place: the lines of the
// others are left empty.
func documents(name, text string) []*source.File {
	lines := strings.Split(source.NewFile(name, text).Text, "\n")
	var starts []int
	for i, l := range lines {
		if strings.TrimRight(l, " \t") == "---" {
			starts = append(starts, i)
		}
	}
	if len(starts) == 0 {
		return []*source.File{source.NewFile(name, text)}
	}
	bounds := append([]int{-1}, append(starts, len(lines))...)
	var out []*source.File
	for k := range len(bounds) - 1 {
		part := make([]string, len(lines))
		copy(part[bounds[k]+1:bounds[k+1]], lines[bounds[k]+1:bounds[k+1]])
		if empty(part) {
			continue // before the first line "---", or after the last
		}
		out = append(out, source.NewFile(name, strings.Join(part, "\n")))
	}
	return out
}

func empty(lines []string) bool {
	return !slices.ContainsFunc(lines, func(l string) bool {
		l = strings.TrimSpace(l)
		return l != "" && !strings.HasPrefix(l, "#")
	})
}

// reader reads tests and reports what is wrong with them.
type reader struct {
	r    *source.Report
	snap *workspace.Snapshot

	// of the test at hand
	t        *Test
	when     moments
	journeys []*journey.Definition // that run in it, in all states of the workspace
	serial   int
}

// keys are what a test may hold.
func keys() []string {
	return []string{
		"test", "journey", "with", "profile", "now", "before", "events", "suggest", "changes", "arms", "winners", "holdout", "deliver", "until", "expect",
	}
}

// spread gives each test of a list the keys that the file holds for all.
func (rd *reader) spread(n, list *source.Node) []*source.Node {
	common := append(slices.Clone(keys()[1:]), "tests")
	if !rd.r.Fields(n, "a file of tests", source.Keys{Known: common}) {
		return nil
	}
	if list.Kind != source.List {
		rd.r.At(list.File, list.Place, "tests must be a list, not "+list.Kind.String(), "begin each test with - test:")
		return nil
	}
	var out []*source.Node
	for _, item := range list.Items {
		if item.Kind == source.Map {
			for _, p := range n.Pairs {
				if p.Key != "tests" && item.Get(p.Key) == nil {
					item.Pairs = append(item.Pairs, p)
				}
			}
		}
		out = append(out, item)
	}
	return out
}

// test reads one test; nil when it is none.
func (rd *reader) test(n *source.Node) *Test {
	r := rd.r
	if !r.Fields(n, "a test", source.Keys{Known: keys()}) {
		return nil
	}
	t := &Test{File: n.File.Name, Line: n.Place.Line, at: n.Place, in: n.File, Arms: map[string]string{}, Winners: map[string]string{}}
	rd.t, rd.serial = t, 0
	for _, key := range []string{"test", "journey", "profile", "now", "expect"} {
		if n.Get(key) == nil {
			r.At(n.File, n.Place, "the test has no "+key+":", missing()[key])
		}
	}
	t.Name = r.Text(n.Get("test"), "test")
	rd.stage(n)
	rd.when = moments{r: r, zone: rd.snap.Zone()}
	if now := n.Get("now"); now != nil {
		rd.when.zone = rd.zoneOf(n.Get("profile"))
		if offset.MatchString(now.Value) {
			r.At(now.File, now.Place, "now cannot be "+now.Value, "it is what the other times count from: write a time such as 2026-03-02T09:00:00+01:00")
		} else if at, ok := rd.when.read(now, "now"); ok {
			t.Now = at
		}
	}
	rd.when.now, t.Zone = t.Now, rd.when.zone
	rd.profile(n.Get("profile"))
	rd.changes(n.Get("changes"))
	rd.before(n.Get("before"))
	rd.events(n.Get("events"))
	rd.suggest(n.Get("suggest"))
	rd.arms(n.Get("arms"))
	rd.winners(n.Get("winners"))
	rd.deliver(n.Get("deliver"))
	if h := n.Get("holdout"); h != nil {
		word := r.Choice(h, "holdout", "false", "true", "drawn")
		t.Holdout, t.Drawn = word == "true", word == "drawn"
	}
	if u := n.Get("until"); u != nil {
		t.Until, _ = rd.when.read(u, "until")
	}
	rd.expect(n.Get("expect"))
	return t
}

func missing() map[string]string {
	return map[string]string{
		"test": "say in a sentence what it shows", "journey": "name the journey that it is about",
		"profile": "say who it is about: profile: {id: ada}", "now": "say when it begins: now: 2026-03-02T09:00:00+01:00",
		"expect": "say what is to happen, or expect: [{nothing: true}]",
	}
}

// stage reads which journeys run.
func (rd *reader) stage(n *source.Node) {
	t := rd.t
	var names []string
	for _, d := range rd.snap.Journeys() {
		names = append(names, d.Name)
	}
	known := func(x *source.Node) string {
		name := rd.r.Text(x, "journey")
		// A change may bring a journey that is not there at first.
		if name != "" && !slices.Contains(names, name) && n.Get("changes") == nil {
			rd.r.At(x.File, x.Place, "there is no journey "+name, spelling.DidYouMean(name, names))
		}
		return name
	}
	if j := n.Get("journey"); j != nil {
		t.Journey = known(j)
		t.Journeys = []string{t.Journey}
	}
	with := n.Get("with")
	switch {
	case with == nil:
	case with.Kind == source.Text && with.Value == "all":
		t.Journeys = nil
	case with.Kind == source.List:
		for _, x := range with.Items {
			t.Journeys = append(t.Journeys, known(x))
		}
	default:
		t.Journeys = append(t.Journeys, known(with))
	}
	rd.journeys = nil
	for _, d := range rd.snap.Journeys() {
		if t.runs(d.Name) {
			rd.journeys = append(rd.journeys, d)
		}
	}
}

// runs reports whether a journey takes part in the test.
func (t *Test) runs(name string) bool { return t.Journeys == nil || slices.Contains(t.Journeys, name) }

// zoneOf is the time zone of the profile, before the rest of it is read.
func (rd *reader) zoneOf(n *source.Node) *time.Location {
	if n != nil && n.Kind == source.Map {
		if traits := n.Get("traits"); traits != nil && traits.Kind == source.Map {
			if z := traits.Get("timezone"); z != nil && z.Value != "" && z.Value != "Local" {
				if loc, err := time.LoadLocation(z.Value); err == nil {
					return loc
				}
			}
		}
	}
	return rd.snap.Zone()
}
