package workspace

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// Step ids are words that conditions can name: sent.first.
var stepID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

const (
	maxSteps    = 500 // of one journey, nested ones included
	maxProducts = 20  // that one step recommends
)

// kind is a sort of step: the key that makes it, and those that go with it alone.
type kind struct {
	key  string
	with []string
	read func(r *reader, n, value *source.Node, number string, s *journey.Step)
}

func kinds() []kind {
	return []kind{
		{"wait", []string{"otherwise"}, (*reader).waits},
		{"branch", nil, (*reader).branches},
		{"split", []string{"winner"}, (*reader).splits},
		{"recommend", []string{"otherwise"}, (*reader).recommends},
		{"send", []string{"if_blocked", "fall_back"}, (*reader).sendsMessage},
		{"set", nil, (*reader).sets},
		{"tag", []string{"untag"}, (*reader).tags},
		{"untag", []string{"tag"}, (*reader).tags},
		{"award", nil, (*reader).awards},
		{"survey", []string{"if_blocked"}, (*reader).surveys},
		{"task", nil, (*reader).tasks},
		{"emit", nil, (*reader).emits},
		{"leave", nil, (*reader).leaves},
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.key)
	}
	return names
}

func stepKeys() source.Keys {
	return source.Keys{Known: append([]string{"id", "otherwise", "winner", "if_blocked", "fall_back"}, kindNames()...)}
}

// collect finds the ids of all steps that send, which conditions anywhere may name.
func (r *reader) collect(n *source.Node) {
	if n == nil {
		return
	}
	sends := n.Get("send") != nil || n.Get("survey") != nil
	if id := n.Get("id"); id != nil && sends && id.Kind == source.Text {
		r.sends = append(r.sends, id.Value)
	}
	for _, item := range n.Items {
		r.collect(item)
	}
	for _, p := range n.Pairs {
		r.collect(p.Value)
	}
}

// steps reads a list of steps. prefix begins the ids of those that give none: they are
// numbered, "2", "2.otherwise.1", and cannot be those of others, which begin with a letter.
func (r *reader) steps(n *source.Node, prefix string) []journey.Step {
	if n.Kind != source.List {
		r.At(n.File, n.Place, "steps must be a list, not "+n.Kind.String(), "begin each step with a hyphen: - wait: 3d")
		return nil
	}
	var steps []journey.Step
	for i, item := range n.Items {
		if len(r.ids) >= maxSteps {
			r.At(n.File, item.Place, fmt.Sprintf("the journey has more than %d steps", maxSteps), "split it into several journeys; emit: hands people over")
			return steps
		}
		if item.Kind == source.Text && slices.Contains(kindNames(), item.Value) {
			r.At(n.File, item.Place, "the step "+item.Value+" says nothing more", "write "+item.Value+": and what it does")
			continue
		}
		if r.Fields(item, "a step", stepKeys()) {
			steps = append(steps, r.step(item, prefix+strconv.Itoa(i+1)))
		}
	}
	return steps
}

// nested reads the steps of an arm, of which there may be several: each begins with the
// event that is at hand where they part. rested tells whether anybody rests in them.
func (r *reader) nested(n *source.Node, prefix string, heard hearing) (steps []journey.Step, rested bool) {
	r.heard = heard
	steps = r.steps(n, prefix)
	return steps, heard.is && !r.heard.is
}

func (r *reader) step(n *source.Node, number string) journey.Step {
	s := journey.Step{ID: r.id(n, number)}
	k := r.kind(n)
	if k == nil {
		return s
	}
	for _, p := range n.Pairs {
		if p.Key == k.key {
			k.read(r, n, p.Value, number, &s)
		}
	}
	r.rests(n, &s)
	return s
}

func (r *reader) id(n *source.Node, number string) string {
	id := n.Get("id")
	if id == nil {
		r.ids[number] = n
		return number
	}
	name := r.Text(id, "id")
	switch {
	case name == "":
		name = number
	case !stepID.MatchString(name):
		r.At(n.File, id.Place, name+" cannot be the id of a step", "use small letters, digits and underscores, such as first_reminder")
	case r.ids[name] != nil:
		r.At(n.File, id.Place, "there is a step "+name+" already", "give each step an id of its own")
	}
	r.ids[name] = n
	return name
}

// kind finds the one thing that a step does, and refuses the keys of others.
func (r *reader) kind(n *source.Node) *kind {
	var found *kind
	all := kinds()
	for _, p := range n.Pairs {
		i := slices.IndexFunc(all, func(k kind) bool { return k.key == p.Key })
		switch {
		case i < 0:
		case found == nil:
			found = &all[i]
		case slices.Contains(found.with, p.Key):
		default:
			r.At(n.File, p.At, fmt.Sprintf("a step does one thing, and this one has %s: already", found.key), "make two steps of it")
			return nil
		}
	}
	if found == nil {
		if !slices.ContainsFunc(n.Pairs, func(p source.Pair) bool { return !slices.Contains(stepKeys().Known, p.Key) }) {
			r.At(n.File, n.Place, "the step does nothing", spelling.OneOf(kindNames()))
		}
		return nil
	}
	for _, p := range n.Pairs {
		beside := p.Key == "otherwise" || p.Key == "winner" || p.Key == "if_blocked" || p.Key == "fall_back"
		if beside && !slices.Contains(found.with, p.Key) {
			r.At(n.File, p.At, fmt.Sprintf("%s: does not go with %s:", p.Key, found.key), "it stands beside "+keepers(p.Key))
		}
	}
	return found
}

// keepers names the kinds of steps that a key stands beside.
func keepers(key string) string {
	names := ""
	for _, k := range kinds() {
		if slices.Contains(k.with, key) {
			if names != "" {
				names += " or "
			}
			names += k.key + ":"
		}
	}
	return names
}

// rests asks for the ids of steps that people rest on. A new version of the journey finds
// them by it, and without one they would be counted as resting on whatever comes to stand
// in that place.
func (r *reader) rests(n *source.Node, s *journey.Step) {
	if s.Wait != nil || s.Send != nil || s.Survey != nil || s.Recommend != nil {
		r.heard = hearing{}
	}
	if n.Get("id") != nil {
		return
	}
	const hint = "add id: with a name such as settle"
	message := s.Send
	if s.Survey != nil {
		message = &s.Survey.Send
	}
	switch {
	case s.Wait != nil:
		r.At(n.File, keyPlace(n, "wait"), "people rest on this step, so it needs an id", hint)
	case message != nil && message.FallBack != nil:
		r.At(n.File, keyPlace(n, "fall_back"), "people rest on this step until they are reached, so it needs an id", hint)
	case message != nil && message.Blocked.DeferAtMost > 0:
		r.At(n.File, keyPlace(n, "if_blocked"), "people rest on this step while its message waits, so it needs an id", hint)
	}
}
