package workspace

import (
	"fmt"
	"slices"
	"strconv"

	"rapport/pkg/condition"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// maxTier is more points than anybody collects.
const maxTier = 1_000_000_000

// loyalty reads loyalty.yaml: what earns points, and which tiers they reach.
func loyalty(files []*source.File, refs *references, r *source.Report) journey.Loyalty {
	var l journey.Loyalty
	if len(files) == 0 {
		return l
	}
	n := files[0].YAML(r)
	if n == nil || !r.Fields(n, "loyalty.yaml", source.Keys{Known: []string{"earn", "tiers"}}) {
		return l
	}
	for _, item := range items(n.Get("earn"), "earn", "an event and its points, such as {on: order.completed, points: event.total}", r) {
		l.Earn = append(l.Earn, earning(item, refs, r))
	}
	for _, item := range items(n.Get("tiers"), "tiers", "a tier, such as {name: silver, from: 500}", r) {
		l.Tiers = append(l.Tiers, tier(item, l.Tiers, r))
	}
	if len(l.Earn) == 0 && len(l.Tiers) > 0 {
		// Journeys may award points, so this is legal.
		r.Warn(n.File, n.Get("tiers").Place, "there are tiers, but no event earns points", "add earn:, unless journeys award them all")
	}
	return l
}

func earning(n *source.Node, refs *references, r *source.Report) journey.Earning {
	var e journey.Earning
	if !r.Fields(n, "a line of earn", source.Keys{Known: []string{"on", "if", "when", "points"}}) {
		return e
	}
	rd := reader{Report: r, references: refs, out: &journey.Definition{}}
	if on := needed(n, "on", "say for which event: on: order.completed", r); on != nil {
		e.On = rd.eventType(on)
	}
	env := rd.before(e.On)
	e.If = rd.conditions(n, env)
	points := needed(n, "points", "say how many, such as points: event.total", r)
	if points == nil {
		return e
	}
	if v, err := strconv.ParseFloat(points.Value, 64); points.Kind == source.Number && (err != nil || v <= 0 || v > maxTier) {
		r.At(n.File, points.Place, "points must be more than nothing, not "+points.Value, "leave the line out if nothing is earned")
		return e
	}
	e.Points = rd.compiled(points, condition.CompileNumber, env)
	return e
}

// tier reads one tier; each begins above the ones before.
func tier(n *source.Node, before []journey.Tier, r *source.Report) journey.Tier {
	var t journey.Tier
	if !r.Fields(n, "a tier", source.Keys{Known: []string{"name", "from"}}) {
		return t
	}
	if name := needed(n, "name", "give it one, such as name: silver", r); name != nil {
		t.Name = r.Text(name, "name")
		if t.Name != "" && !journeyName.MatchString(t.Name) {
			r.At(n.File, name.Place, t.Name+" cannot be the name of a tier", "use small letters, digits and hyphens, such as silver")
		} else if slices.ContainsFunc(before, func(b journey.Tier) bool { return b.Name == t.Name && t.Name != "" }) {
			r.At(n.File, name.Place, "there is a tier "+t.Name+" already", "give each tier a name of its own")
		}
	}
	from := needed(n, "from", "say with how many points it begins: from: 500", r)
	t.From = int64(r.Int(from, "from", 0, maxTier, -1))
	if len(before) > 0 && from != nil && t.From >= 0 {
		if last := before[len(before)-1]; t.From <= last.From {
			r.At(n.File, from.Place, fmt.Sprintf("tiers go up: %s begins with %d points already", last.Name, last.From), "sort them, and let each begin above the one before")
		}
	}
	return t
}
