package workspace

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

// purposeName is how purposes are called: conditions name them.
var purposeName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// The bounds of policy.yaml.
const (
	maxCap      = 200     // messages that one cap allows
	maxThrottle = 1000000 // messages that one throttle allows
)

// rules reads policy.yaml. It returns the nodes in which caps name journeys, which are not
// read yet.
func (s *Snapshot) rules(files []*source.File, refs *references, r *source.Report) (capped []*source.Node) {
	if len(files) == 0 {
		return nil
	}
	n := files[0].YAML(r)
	if n == nil || !r.Fields(n, "policy.yaml", source.Keys{Known: []string{"caps", "reserve", "quiet_hours", "holdout", "purposes", "throttles"}}) {
		return nil
	}
	p := &policy.Policy{Zone: s.zone}
	for _, item := range items(n.Get("purposes"), "purposes", "a name, such as product-news", r) {
		name := r.Text(item, "a purpose")
		if name != "" && !purposeName.MatchString(name) {
			r.At(n.File, item.Place, name+" cannot be the name of a purpose", "use small letters, digits and hyphens, such as product-news")
		}
		p.Purposes = append(p.Purposes, name)
	}
	refs.purposeNames = slices.DeleteFunc(slices.Clone(p.Purposes), func(name string) bool { return name == "" })
	for _, item := range items(n.Get("caps"), "caps", "a rule, such as {channel: any, category: marketing, at_most: 4, per: 7d}", r) {
		p.Caps = append(p.Caps, capRule(item, r))
		if of := item.Get("journey"); of != nil {
			capped = append(capped, of)
		}
	}
	if part := n.Get("reserve"); part != nil && r.Fields(part, "reserve", source.Keys{Known: []string{"priority_at_least", "slots"}}) {
		p.Reserve = &policy.Reserve{
			PriorityAtLeast: r.Int(needed(part, "priority_at_least", "say from which priority on: priority_at_least: 80", r), "priority_at_least", 1, 100, 0),
			Slots:           r.Int(part.Get("slots"), "slots", 1, maxCap, 1),
		}
	}
	p.Quiet = quietHours(n.Get("quiet_hours"), r)
	p.Holdout, p.HoldoutSalt = holdout(n.Get("holdout"), r)
	for _, item := range items(n.Get("throttles"), "throttles", "a rule, such as {domain: gmail.com, at_most: 100, per: 1m}", r) {
		p.Throttles = append(p.Throttles, throttle(item, r))
	}
	validate(p, n, r)
	s.policy = p
	return capped
}

// items are the elements of a list that may be missing; what says how one looks.
func items(n *source.Node, name, what string, r *source.Report) []*source.Node {
	if n == nil || n.Kind == source.List {
		if n == nil {
			return nil
		}
		return n.Items
	}
	r.At(n.File, n.Place, name+" must be a list, not "+n.Kind.String(), "begin each line with a hyphen and "+what)
	return nil
}

// needed is the value under a key that has to be there.
func needed(n *source.Node, key, hint string, r *source.Report) *source.Node {
	v := n.Get(key)
	if v == nil {
		r.At(n.File, n.Place, key+": is missing", hint)
	}
	return v
}

// anyOr reads a word of which "any" and nothing mean all of them.
func anyOr(n *source.Node, what string, choices []string, r *source.Report) string {
	if word := r.Choice(n, what, append([]string{"any"}, choices...)...); word != "any" {
		return word
	}
	return ""
}

func channelNames() []string {
	var names []string
	for _, c := range message.Channels() {
		names = append(names, string(c))
	}
	return names
}

func capRule(n *source.Node, r *source.Report) policy.Cap {
	var c policy.Cap
	if !r.Fields(n, "a cap", source.Keys{Known: []string{"channel", "category", "purpose", "journey", "per_journey", "at_most", "per"}}) {
		return c
	}
	c.Channel = message.Channel(anyOr(n.Get("channel"), "channel", channelNames(), r))
	c.Category = message.Category(anyOr(n.Get("category"), "category", []string{string(message.Marketing), string(message.Transactional)}, r))
	c.Purpose, c.Journey = r.Text(n.Get("purpose"), "purpose"), r.Text(n.Get("journey"), "journey")
	if each := n.Get("per_journey"); each != nil {
		if c.PerJourney = each.Kind == source.Bool && strings.EqualFold(each.Value, "true"); each.Kind != source.Bool {
			r.At(n.File, each.Place, "per_journey must be true or false, not "+plainly(each), "")
		}
	}
	c.AtMost = r.Int(needed(n, "at_most", "say how many messages: at_most: 4", r), "at_most", 1, maxCap, 0)
	c.Per = length(needed(n, "per", "say in how much time: per: 7d", r), "per", r)
	return c
}

// length reads a duration that may be missing, which was reported then.
func length(n *source.Node, what string, r *source.Report) time.Duration {
	if n == nil {
		return 0
	}
	return r.Duration(n, what)
}

func throttle(n *source.Node, r *source.Report) policy.Throttle {
	var t policy.Throttle
	if !r.Fields(n, "a throttle", source.Keys{Known: []string{"channel", "provider", "domain", "at_most", "per"}}) {
		return t
	}
	t.Channel = message.Channel(anyOr(n.Get("channel"), "channel", channelNames(), r))
	t.Provider, t.Domain = r.Text(n.Get("provider"), "provider"), r.Text(n.Get("domain"), "domain")
	t.AtMost = r.Int(needed(n, "at_most", "say how many messages: at_most: 100", r), "at_most", 1, maxThrottle, 0)
	t.Per = length(needed(n, "per", "say in how much time: per: 1m", r), "per", r)
	return t
}

// quietHours reads the hours of each channel in which nothing is sent, or none.
func quietHours(n *source.Node, r *source.Report) map[message.Channel]schedule.Window {
	if n == nil || !r.Fields(n, "quiet_hours", source.Keys{Known: channelNames()}) {
		return nil
	}
	quiet := map[message.Channel]schedule.Window{}
	for _, p := range n.Pairs {
		switch v := p.Value; {
		case !slices.Contains(channelNames(), p.Key) || v.Kind == source.Text && v.Value == "none":
		case v.Kind != source.Map:
			r.At(v.File, v.Place, p.Key+" cannot be "+plainly(v), `use none, or {from: "20:00", to: "09:00"}`)
		case r.Fields(v, p.Key, source.Keys{Known: []string{"from", "to"}}):
			quiet[message.Channel(p.Key)] = schedule.Window{
				From: clock(needed(v, "from", `say when it begins: from: "20:00"`, r), "from", r),
				To:   clock(needed(v, "to", `say when it ends: to: "09:00"`, r), "to", r),
			}
		}
	}
	return quiet
}

// clock reads a time of day that may be missing, which was reported then.
func clock(n *source.Node, what string, r *source.Report) schedule.Clock {
	if n == nil {
		return schedule.Clock{}
	}
	if n.Kind == source.Text {
		if c, err := schedule.ParseClock(n.Value); err == nil {
			return c
		}
	}
	r.At(n.File, n.Place, what+" cannot be "+plainly(n), `write hours and minutes in quotes, from "00:00" to "23:59"`)
	return schedule.Clock{}
}

// holdout reads the share of the control group: 5%, or {share: 5%, salt: 2026}.
func holdout(n *source.Node, r *source.Report) (share float64, salt string) {
	if n == nil {
		return 0, ""
	}
	if n.Kind == source.Map {
		if !r.Fields(n, "holdout", source.Keys{Known: []string{"share", "salt"}}) {
			return 0, ""
		}
		if of := n.Get("salt"); of != nil && of.Scalar() {
			salt = of.Value // a year will do
		} else {
			salt = r.Text(of, "salt")
		}
		if n = needed(n, "share", "say how many: share: 5%", r); n == nil {
			return 0, salt
		}
	}
	return r.Percent(n, "holdout"), salt
}

// validate reports what the policy as a whole has to say about itself, at its places.
// Where a mistake was reported already, one is enough.
func validate(p *policy.Policy, root *source.Node, r *source.Report) {
	reported := r.Problems()
	for _, problem := range p.Validate() {
		n := under(root, problem.Field)
		if !slices.ContainsFunc(reported, func(q Problem) bool {
			return q.File == n.File.Name && q.Line == n.Place.Line && q.Col == n.Place.Col
		}) {
			r.At(n.File, n.Place, problem.Error(), "")
		}
	}
}

// under finds a node by a path such as caps[1].at_most: the last part of it that is there.
func under(n *source.Node, path string) *source.Node {
	for _, part := range strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
		next := n.Get(part)
		if i, err := strconv.Atoi(part); err == nil && i < len(n.Items) {
			next = n.Items[i]
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// knowsJourneys reports caps on journeys that are not there.
func knowsJourneys(capped []*source.Node, all []*journey.Definition, r *source.Report) {
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	for _, n := range capped {
		if n.Kind == source.Text && !slices.Contains(names, n.Value) {
			r.At(n.File, n.Place, "there is no journey "+n.Value, spelling.DidYouMean(n.Value, names))
		}
	}
}
