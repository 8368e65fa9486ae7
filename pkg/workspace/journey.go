package workspace

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

const (
	defaultPriority = 50                   // of a journey that names none
	longest         = 365 * 24 * time.Hour // that anything in a journey takes
)

var journeyName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// draft is a journey as it was read, with the places of its parts.
type draft struct {
	*journey.Definition
	file  *source.Node
	steps map[string]*source.Node // by id
	whole bool                    // no mistakes
}

// reader reads one journey.
type reader struct {
	*source.Report
	*references
	out     *journey.Definition
	trigger string                  // the type of the event that enters
	sends   []string                // the ids of steps that send
	ids     map[string]*source.Node // all ids given, and their steps
	heard   hearing
	types   []string // of events, as far as they are known
}

// journeys reads all journeys, sorted by name.
func journeys(files []*source.File, refs *references, r *source.Report) []*journey.Definition {
	var all []*draft
	where := map[string]string{}
	for _, f := range files {
		d := readJourney(f, refs, r)
		if d == nil {
			continue
		}
		if first, twice := where[d.Name]; twice {
			r.At(f, d.file.Get("journey").Place, fmt.Sprintf("there is a journey %s already, in %s", d.Name, first), "give each journey a name of its own")
		}
		if d.Name != "" {
			where[d.Name] = f.Name
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b *draft) int { return cmp.Compare(a.Name, b.Name) })
	together(all, refs, r)
	out := make([]*journey.Definition, len(all))
	for i, d := range all {
		out[i] = d.Definition
	}
	return out
}

// readJourney reads one file; nil when it holds no journey at all.
func readJourney(f *source.File, refs *references, r *source.Report) *draft {
	before := r.Mistakes()
	n := f.YAML(r)
	if n == nil {
		return nil
	}
	rd := reader{Report: r, references: refs, out: &journey.Definition{}, ids: map[string]*source.Node{}}
	if !rd.journey(n) {
		return nil
	}
	d := &draft{Definition: rd.out, file: n, steps: rd.ids, whole: r.Mistakes() == before}
	if d.whole {
		(&linter{Report: r, draft: d, references: refs}).journey()
	}
	return d
}

func journeyKeys() source.Keys {
	return source.Keys{Known: []string{
		"journey", "title", "category", "purpose", "priority", "status", "enter", "leave", "goal", "holdout",
		"on_change", "moves", "lifetime", "max_lateness", "steps",
	}}
}

// journey reads the whole file. It reports false for what is no journey at all.
func (r *reader) journey(n *source.Node) bool {
	if !r.Fields(n, "a journey", journeyKeys()) {
		return false
	}
	r.header(n)
	steps := n.Get("steps")
	r.collect(steps)
	if r.required(n, "enter", "say who enters: enter: {on: order.completed}") {
		r.out.Enter = r.entry(n.Get("enter"))
	}
	if leave := n.Get("leave"); leave != nil {
		r.out.Leave = r.leave(leave)
	}
	if goal := n.Get("goal"); goal != nil {
		r.out.Goal = r.goal(goal)
	}
	if r.required(n, "steps", "say what happens to those who enter") {
		r.out.Steps = r.steps(steps, "")
	}
	r.moves(n)
	r.out.Version = hash(behavior(n).Canonical())
	return true
}

// header reads what a journey says about itself.
func (r *reader) header(n *source.Node) {
	d := r.out
	if name := n.Get("journey"); name == nil {
		r.At(n.File, n.Place, "the journey has no name", "add journey: with a name such as thank-you")
	} else if d.Name = r.Text(name, "journey"); d.Name != "" && !journeyName.MatchString(d.Name) {
		r.At(n.File, name.Place, d.Name+" cannot be the name of a journey", "use small letters, digits and hyphens, such as win-back")
	}
	if d.Title = d.Name; n.Get("title") != nil {
		d.Title = r.Text(n.Get("title"), "title")
	}
	r.required(n, "category", "say whether it is marketing, which needs consent, or transactional, which answers what the customer did")
	d.Category = message.Category(r.Choice(n.Get("category"), "category", string(message.Marketing), string(message.Transactional)))
	if d.Purpose = r.Text(n.Get("purpose"), "purpose"); d.Purpose != "" {
		r.knowsPurpose(r.Report, n.Get("purpose"), d.Purpose)
	} else if n.Get("purpose") == nil && n.Get("category") != nil {
		r.knowsPurpose(r.Report, n.Get("category"), string(d.Category))
	}
	d.Priority = r.Int(n.Get("priority"), "priority", 0, 100, defaultPriority)
	r.required(n, "status", "say active for it to run, or draft while you are at it")
	d.Status = journey.Status(r.Choice(n.Get("status"), "status", string(journey.Draft), string(journey.Active), string(journey.Paused), string(journey.Archived)))
	d.Holdout = r.share(n.Get("holdout"), "holdout")
	d.OnChange = journey.Change(r.Choice(n.Get("on_change"), "on_change", string(journey.Drain), string(journey.Migrate), string(journey.Cancel)))
	if d.Lifetime = journey.DefaultLifetime; n.Get("lifetime") != nil {
		if d.Lifetime = r.Duration(n.Get("lifetime"), "lifetime"); d.Lifetime > longest {
			r.At(n.File, n.Get("lifetime").Place, "nobody stays in a journey for more than 365 days", "use at most 365d")
		}
	}
	if d.MaxLateness = journey.DefaultLateness; n.Get("max_lateness") != nil {
		d.MaxLateness = r.atMost(n.Get("max_lateness"), "max_lateness")
	}
}

// behavior is a journey without what says nothing about those inside.
func behavior(n *source.Node) *source.Node {
	b := *n
	b.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p source.Pair) bool { return p.Key == "title" || p.Key == "status" })
	return &b
}

func (r *reader) required(n *source.Node, key, hint string) bool {
	v := n.Get(key)
	switch {
	case v == nil:
		r.At(n.File, n.Place, key+": is missing", hint)
	case v.Kind == source.Null:
		r.At(n.File, v.Place, key+": is empty", hint)
	default:
		return true
	}
	return false
}
