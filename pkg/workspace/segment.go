package workspace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// group is one segment while all of them are read.
type group struct {
	*journey.Segment
	name *source.Node
	cond *source.Node // of if: or when:
}

// segmentKeys are those of a segment.
func segmentKeys() []string { return []string{"segment", "title", "if", "when"} }

// segments reads all segments, in an order in which each asks only for earlier ones; by name
// where that leaves a choice.
func segments(files []*source.File, refs *references, r *source.Report) []*journey.Segment {
	refs.segmentNames = []string{} // none, which is not the same as any
	var roots []*source.Node
	for _, f := range files {
		if n := f.YAML(r); n != nil && r.Fields(n, "a segment", source.Keys{Known: segmentKeys()}) {
			roots = append(roots, n)
			if name := n.Get("segment"); name != nil && name.Kind == source.Text {
				refs.segmentNames = append(refs.segmentNames, name.Value)
			}
		}
	}
	slices.Sort(refs.segmentNames)
	refs.segmentNames = slices.Compact(refs.segmentNames)
	groups := map[string]*group{}
	for _, n := range roots {
		g := segment(n, refs, r)
		if first := groups[g.Name]; first != nil && g.Name != "" {
			r.At(n.File, g.name.Place, fmt.Sprintf("there is a segment %s already, in %s", g.Name, first.name.File.Name), "give each segment a name of its own")
		}
		groups[g.Name] = g
	}
	return ordered(groups, r)
}

func segment(n *source.Node, refs *references, r *source.Report) *group {
	g := &group{Segment: &journey.Segment{}, name: n.Get("segment")}
	if g.name == nil {
		r.At(n.File, n.Place, "the segment has no name", "add segment: with a name such as vip")
	} else if g.Name = r.Text(g.name, "segment"); g.Name != "" && !journeyName.MatchString(g.Name) {
		r.At(n.File, g.name.Place, g.Name+" cannot be the name of a segment", "use small letters, digits and hyphens, such as big-spenders")
	}
	if g.Title = g.Name; n.Get("title") != nil {
		g.Title = r.Text(n.Get("title"), "title")
	}
	if g.cond = cmp.Or(n.Get("if"), n.Get("when")); g.cond == nil {
		r.At(n.File, n.Place, "the segment has no condition", "say who belongs to it: if: profile.orders.total > 500")
	}
	rd := reader{Report: r, references: refs, out: &journey.Definition{}}
	env := rd.env()
	env.Segment = true
	if g.If = rd.conditions(n, env); g.If != nil {
		g.Reads = reads(g.If, mentioned(g.cond, refs.segmentNames))
		if condition.DepsOf(g.If).AllSegments && len(g.Reads.Segments) == 0 {
			r.At(n.File, g.cond.Place, "a segment cannot ask for the list of all segments, of which it is one", `ask for one by its name: "vip" in profile.segments`)
		}
	}
	meaning := *n
	meaning.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p source.Pair) bool { return p.Key == "title" })
	g.Version = hash(meaning.Canonical())
	return g
}

// reads is what a condition looks at. Of one that looks through the list of segments,
// mentioned are those that it looks for.
func reads(c journey.Condition, mentioned []string) journey.Reads {
	d := condition.DepsOf(c)
	if d.AllSegments {
		d.Segments = slices.Compact(slices.Sorted(slices.Values(append(mentioned, d.Segments...))))
	}
	return journey.Reads{
		Events:   d.Events,
		Profile:  d.Profile || d.Tags || d.Loyalty || len(d.Traits) > 0 || len(d.Consent) > 0 || len(d.Predictions) > 0,
		Segments: d.Segments,
	}
}

// mentioned are the names that stand as texts in a condition: in quotes, or as a whole value.
func mentioned(n *source.Node, names []string) []string {
	var found []string
	for _, name := range names {
		if n.Kind == source.Text && (n.Value == name || strings.Contains(n.Value, `"`+name+`"`) || strings.Contains(n.Value, "'"+name+"'") || strings.Contains(n.Value, "`"+name+"`")) {
			found = append(found, name)
		}
	}
	for _, item := range n.Items {
		found = append(found, mentioned(item, names)...)
	}
	for _, p := range n.Pairs {
		found = append(found, mentioned(p.Value, names)...)
	}
	return found
}

// ordered sorts segments so that each comes after those that it asks for. A circle is
// reported where it closes.
func ordered(groups map[string]*group, r *source.Report) []*journey.Segment {
	var out []*journey.Segment
	done := map[string]bool{}
	var visit func(name string, chain []string)
	visit = func(name string, chain []string) {
		g := groups[name]
		if i := slices.Index(chain, name); i >= 0 && g != nil {
			circle := append(slices.Clone(chain[i:]), name)
			last := groups[chain[len(chain)-1]]
			text := "the segment asks for itself"
			if len(circle) > 2 {
				text = "the segments ask for each other in a circle: " + strings.Join(circle, " -> ")
			}
			r.At(last.cond.File, placeOf(last.cond, name), text, "let one of them ask for something else")
			return
		}
		if g == nil || done[name] {
			return
		}
		for _, asked := range slices.Sorted(slices.Values(g.Reads.Segments)) {
			visit(asked, append(chain, name))
		}
		done[name] = true
		out = append(out, g.Segment)
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		visit(name, nil)
	}
	return out
}
