package workspace

import (
	"slices"
	"strconv"
	"strings"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
	"rapport/pkg/workspace/source"
)

// The bounds of policy.yaml.
const (
	maxCap      = 200     // messages that one cap allows
	maxThrottle = 1000000 // messages that one throttle allows
)

// policyKeys are those of policy.yaml.
func policyKeys() []string {
	return []string{"caps", "reserve", "quiet_hours", "holdout", "purposes", "double_opt_in", "write_less", "throttles", "late_after"}
}

// rules reads policy.yaml for those who refer to it. The node is for journeysOf, once
// journeys are known; nil when there is no policy.
func rules(files []*source.File, refs *references, r *source.Report) *source.Node {
	if len(files) == 0 {
		return nil
	}
	n := files[0].YAML(r)
	if n == nil || !r.Fields(n, "policy.yaml", source.Keys{Known: policyKeys()}) {
		return nil
	}
	rd := reader{Report: r, references: refs}
	p := &policy.Policy{Zone: refs.zone}
	p.Purposes, p.Titles = rd.purposes(n.Get("purposes"))
	p.DoubleOptIn = rd.doubleOptIn(n.Get("double_opt_in"), p.Purposes)
	p.WriteLess = rd.writeLess(n.Get("write_less"))
	for _, item := range items(n.Get("caps"), "caps", "a rule, such as {channel: any, category: marketing, at_most: 4, per: 7d}", r) {
		p.Caps = append(p.Caps, rd.cap(item))
	}
	if part := n.Get("reserve"); part != nil && r.Fields(part, "reserve", source.Keys{Known: []string{"priority_at_least", "slots"}}) {
		p.Reserve = &policy.Reserve{
			PriorityAtLeast: r.Int(needed(part, "priority_at_least", "say from which priority on: priority_at_least: 80", r), "priority_at_least", 1, 100, 0),
			Slots:           r.Int(part.Get("slots"), "slots", 1, maxCap, 1),
		}
	}
	p.Quiet = rd.quietHours(n.Get("quiet_hours"))
	p.Holdout, p.HoldoutSalt = rd.controlGroup(n.Get("holdout"))
	for _, item := range items(n.Get("throttles"), "throttles", "a rule, such as {domain: gmail.com, at_most: 100, per: 1m}", r) {
		p.Throttles = append(p.Throttles, rd.throttle(item))
	}
	if after := n.Get("late_after"); after != nil {
		p.LateAfter = r.Duration(after, "late_after")
	}
	validate(p, n, r)
	refs.policy = p
	if len(p.Purposes) > 0 {
		refs.purposeNames = p.Purposes
	}
	return n
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

func (r *reader) cap(n *source.Node) policy.Cap {
	var c policy.Cap
	if !r.Fields(n, "a cap", source.Keys{Known: []string{"channel", "category", "purpose", "journey", "per_journey", "at_most", "per"}}) {
		return c
	}
	c.Channel = message.Channel(anyOr(n.Get("channel"), "channel", channelNames(), r.Report))
	c.Category = message.Category(anyOr(n.Get("category"), "category", []string{string(message.Marketing), string(message.Transactional)}, r.Report))
	c.Purpose, c.Journey = r.Text(n.Get("purpose"), "purpose"), r.Text(n.Get("journey"), "journey")
	c.PerJourney = r.truth(n.Get("per_journey"), "per_journey")
	c.AtMost = r.Int(needed(n, "at_most", "say how many messages: at_most: 4", r.Report), "at_most", 1, maxCap, 0)
	if per := needed(n, "per", "say in how much time: per: 7d", r.Report); per != nil {
		c.Per = r.Duration(per, "per")
	}
	return c
}

func (r *reader) throttle(n *source.Node) policy.Throttle {
	var t policy.Throttle
	if !r.Fields(n, "a throttle", source.Keys{Known: []string{"channel", "provider", "domain", "at_most", "per"}}) {
		return t
	}
	t.Channel = message.Channel(anyOr(n.Get("channel"), "channel", channelNames(), r.Report))
	t.Provider, t.Domain = r.Text(n.Get("provider"), "provider"), r.Text(n.Get("domain"), "domain")
	t.AtMost = r.Int(needed(n, "at_most", "say how many messages: at_most: 100", r.Report), "at_most", 1, maxThrottle, 0)
	if per := needed(n, "per", "say in how much time: per: 1m", r.Report); per != nil {
		t.Per = r.Duration(per, "per")
	}
	r.idle(n, &t)
	return t
}

// quietHours reads the hours of each channel in which nothing is sent, or none.
func (r *reader) quietHours(n *source.Node) map[message.Channel]schedule.Window {
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
			var w schedule.Window
			if from := needed(v, "from", `say when they begin: from: "20:00"`, r.Report); from != nil {
				w.From = r.clock(from, "from")
			}
			if to := needed(v, "to", `say when they end: to: "09:00"`, r.Report); to != nil {
				w.To = r.clock(to, "to")
			}
			quiet[message.Channel(p.Key)] = w
		}
	}
	return quiet
}

// controlGroup reads the global holdout: 5%, or {share: 5%, salt: autumn}.
func (r *reader) controlGroup(n *source.Node) (share float64, salt string) {
	if n == nil || n.Kind != source.Map {
		return r.share(n, "holdout"), ""
	}
	if !r.Fields(n, "holdout", source.Keys{Known: []string{"share", "salt"}}) {
		return 0, ""
	}
	if of := n.Get("salt"); of != nil && of.Scalar() {
		salt = of.Value // a year will do
	} else {
		salt = r.Text(of, "salt")
	}
	return r.share(needed(n, "share", "say how many: share: 5%", r.Report), "holdout"), salt
}

// validate reports what the policy as a whole has to say about itself, at its places.
// Where a mistake was reported already, one is enough.
func validate(p *policy.Policy, root *source.Node, r *source.Report) {
	reported := r.Problems().Errors()
	for _, problem := range p.Validate() {
		n := under(root, problem.Field)
		if slices.ContainsFunc(reported, func(q Problem) bool { return q.File == n.File.Name && n.Holds(q.Line, q.Col) }) {
			continue
		}
		field := problem.Field[strings.LastIndex(problem.Field, ".")+1:]
		field, _, _ = strings.Cut(field, "[")
		text, hint, _ := strings.Cut(problem.Text, "; ")
		r.At(n.File, n.Place, field+": "+text, hint)
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

// journeysOf reports caps on journeys that are not there.
func journeysOf(n *source.Node, all []*journey.Definition, r *source.Report) {
	if n == nil {
		return
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	if caps := n.Get("caps"); caps != nil {
		for _, item := range caps.Items {
			if of := item.Get("journey"); of != nil && of.Kind == source.Text && !slices.Contains(names, of.Value) {
				r.At(n.File, of.Place, "there is no journey "+of.Value, spelling.DidYouMean(of.Value, names))
			}
		}
	}
}
