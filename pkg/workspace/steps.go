package workspace

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"rapport/pkg/condition"
	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// Step ids are words that conditions can name: sent.first.
var stepID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

const (
	maxSteps    = 200 // of one journey, nested ones included
	maxProducts = 20  // that one step recommends
)

func stepKeys() source.Keys {
	return source.Keys{
		Known: []string{"id", "wait", "recommend", "otherwise", "send", "branch", "leave"},
		Later: []string{"if_blocked", "split", "winner", "set", "tag", "untag", "award", "survey", "task", "emit"},
	}
}

func stepKinds() []string { return []string{"wait", "recommend", "send", "branch", "leave"} }

// collect finds the ids of all steps that send, which conditions anywhere may name.
func (r *reader) collect(n *source.Node) {
	if n == nil {
		return
	}
	if id := n.Get("id"); id != nil && n.Get("send") != nil && id.Kind == source.Text {
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
			r.At(n.File, item.Place, fmt.Sprintf("the journey has more than %d steps", maxSteps), "split it")
			return steps
		}
		if r.Fields(item, "a step", stepKeys()) {
			steps = append(steps, r.step(item, prefix+strconv.Itoa(i+1)))
		}
	}
	return steps
}

func (r *reader) step(n *source.Node, number string) journey.Step {
	s := journey.Step{ID: r.id(n, number)}
	if !r.oneKind(n) {
		return s
	}
	if otherwise := n.Get("otherwise"); otherwise != nil && n.Get("recommend") == nil {
		r.At(n.File, otherwise.Place, "otherwise: is not supported here yet", "only recommend: has it")
	}
	for _, p := range n.Pairs {
		switch p.Key {
		case "wait":
			s.Wait = r.wait(p.Value)
		case "recommend":
			s.Recommend = r.recommend(p.Value)
			s.Recommend.Otherwise = r.otherwise(n.Get("otherwise"), number+".otherwise.")
		case "send":
			s.Send = r.send(p.Value)
		case "branch":
			s.Branch = r.branch(p.Value, number)
		case "leave":
			s.Exit = &journey.Exit{Reason: r.reason(p.Value)}
		}
	}
	return s
}

func (r *reader) id(n *source.Node, number string) string {
	id := n.Get("id")
	if id == nil {
		r.ids[number] = true
		return number
	}
	name := r.Text(id, "id")
	switch {
	case name == "":
	case !stepID.MatchString(name):
		r.At(n.File, id.Place, name+" cannot be the id of a step", "use small letters, digits and underscores, such as first_reminder")
	case r.ids[name]:
		r.At(n.File, id.Place, "there is a step "+name+" already", "give each step an id of its own")
	}
	r.ids[name] = true
	return name
}

// oneKind checks that a step does one thing.
func (r *reader) oneKind(n *source.Node) bool {
	var kinds []source.Pair
	unsupported := false
	for _, p := range n.Pairs {
		if slices.Contains(stepKinds(), p.Key) {
			kinds = append(kinds, p)
		}
		unsupported = unsupported || slices.Contains(stepKeys().Later, p.Key)
	}
	switch {
	case len(kinds) == 0 && !unsupported:
		r.At(n.File, n.Place, "the step does nothing", spelling.OneOf(stepKinds()))
	case len(kinds) > 1:
		r.At(n.File, kinds[1].At, fmt.Sprintf("a step does one thing, and this one has %s: already", kinds[0].Key), "make two steps of it")
	}
	return len(kinds) == 1
}

// wait reads wait: 3d, or wait: {for: 3d}.
func (r *reader) wait(n *source.Node) *journey.Wait {
	w := &journey.Wait{}
	if n.Kind == source.Map {
		if !r.Fields(n, "wait", source.Keys{Known: []string{"for"}, Later: []string{"then_at", "days", "until", "for_event", "at_most"}}) ||
			!r.required(n, "for", "say how long: for: 3d") {
			return w
		}
		n = n.Get("for")
	}
	if w.For = r.Duration(n, "wait"); w.For > r.out.Lifetime && r.out.Lifetime > 0 {
		r.At(n.File, n.Place, "the wait is longer than anybody stays in the journey", "see lifetime:")
	}
	return w
}

func (r *reader) recommend(n *source.Node) *journey.Recommend {
	rec := &journey.Recommend{Min: 1, Max: 4}
	if o := n.Get("otherwise"); o != nil {
		r.At(n.File, o.Place, "otherwise: belongs beside recommend:, not into it", "indent it like recommend:")
		n = without(n, "otherwise")
	}
	if !r.Fields(n, "recommend", source.Keys{Known: []string{"basis", "from", "min", "max"}}) {
		return rec
	}
	if basis := n.Get("basis"); basis != nil && basis.Value != "trigger.products" {
		r.At(n.File, basis.Place, "basis: cannot be "+plainly(basis)+" yet", "use trigger.products, or leave it out")
	}
	rec.Min = r.Int(n.Get("min"), "min", 1, maxProducts, 1)
	rec.Max = r.Int(n.Get("max"), "max", 1, maxProducts, max(4, rec.Min))
	if rec.Min > rec.Max {
		r.At(n.File, n.Get("min").Place, "min is greater than max", "")
	}
	if !r.required(n, "from", "say where the products come from: from: [bought_together]") {
		return rec
	}
	from := n.Get("from")
	if from.Kind != source.List || len(from.Items) == 0 {
		r.At(n.File, from.Place, "from must be a list, not "+from.Kind.String(), "such as from: [bought_together]")
		return rec
	}
	for _, item := range from.Items {
		rec.From = append(rec.From, r.Choice(item, "from", "bought_together", "category_popular", "store_popular"))
	}
	return rec
}

func without(n *source.Node, key string) *source.Node {
	b := *n
	b.Pairs = slices.DeleteFunc(slices.Clone(n.Pairs), func(p source.Pair) bool { return p.Key == key })
	return &b
}

// otherwise reads what happens with too few products: leave, or steps.
func (r *reader) otherwise(n *source.Node, prefix string) []journey.Step {
	switch {
	case n == nil:
		return nil
	case n.Kind == source.Text && n.Value == "leave":
		r.ids[prefix+"1"] = true
		return []journey.Step{{ID: prefix + "1", Exit: &journey.Exit{Reason: "too few recommendations"}}}
	case n.Kind == source.List:
		return r.steps(n, prefix)
	}
	r.At(n.File, n.Place, "otherwise cannot be "+plainly(n), "use leave, or a list of steps")
	return nil
}

// send reads send: {email: NAME} or {sms: NAME}.
func (r *reader) send(n *source.Node) *journey.Send {
	s := &journey.Send{}
	channels := []string{string(message.Email), string(message.SMS)}
	if !r.Fields(n, "send", source.Keys{Known: channels, Later: []string{"whatsapp", "webhook"}}) {
		return s
	}
	for _, p := range n.Pairs {
		if !slices.Contains(channels, p.Key) {
			continue
		}
		if s.Channel != "" {
			r.At(n.File, p.At, "a step sends one message", "make two steps of it")
			return s
		}
		s.Channel, s.Template = message.Channel(p.Key), r.Text(p.Value, p.Key)
		if s.Template != "" && !r.messages.Has(s.Channel, s.Template) {
			hint := spelling.DidYouMean(s.Template, r.messages.Names(s.Channel))
			if spelling.Nearest(s.Template, r.messages.Names(s.Channel)) == "" {
				hint = map[message.Channel]string{
					message.Email: "write email/" + s.Template + ".html.liquid and email/" + s.Template + ".txt.liquid",
					message.SMS:   "write sms/" + s.Template + ".txt.liquid",
				}[s.Channel]
			}
			r.At(n.File, p.Value.Place, fmt.Sprintf("there is no template %s for %s", s.Template, s.Channel), hint)
		}
	}
	if len(n.Pairs) == 0 {
		r.At(n.File, n.Place, "the step sends nothing", "name a template: send: {email: thank-you}")
	}
	return s
}

// branch reads the cases of a branch, of which else may be the last.
func (r *reader) branch(n *source.Node, number string) *journey.Branch {
	b := &journey.Branch{}
	if n.Kind != source.List || len(n.Items) == 0 {
		r.At(n.File, n.Place, "branch must be a list of cases, not "+n.Kind.String(), "begin each case with a hyphen: - if: ...")
		return b
	}
	env := condition.Env{NoEvent: true, Trigger: r.out.Enter.On, Sends: r.sends}
	for i, item := range n.Items {
		if !r.Fields(item, "a case of branch", source.Keys{Known: []string{"if", "else", "steps"}}) {
			continue
		}
		var c journey.Case
		switch cond, other := item.Get("if"), item.Get("else"); {
		case cond == nil && other == nil:
			r.At(n.File, item.Place, "the case has no condition", "add if:, or else: for the rest")
		case cond != nil && other != nil:
			r.At(n.File, other.Place, "a case has if: or else:, not both", "")
		case other != nil && i < len(n.Items)-1:
			r.At(n.File, item.Place, "else: must be the last case", "what stands behind it would never run")
		case other != nil && other.Kind != source.Null:
			r.At(n.File, other.Place, "else: stands alone", "put the steps under steps:")
		default:
			c.If = r.condition(cond, env)
		}
		if steps := item.Get("steps"); steps == nil {
			r.At(n.File, item.Place, "the case has no steps", "add steps:, empty ([]) if nothing is to happen")
		} else {
			c.Steps = r.steps(steps, number+".case"+strconv.Itoa(i+1)+".")
		}
		b.Cases = append(b.Cases, c)
	}
	return b
}

// reason reads why somebody leaves: leave: bought, or leave: {reason: bought}.
func (r *reader) reason(n *source.Node) string {
	if n.Kind == source.Map {
		if !r.Fields(n, "leave", source.Keys{Known: []string{"reason"}}) || !r.required(n, "reason", "say why") {
			return ""
		}
		n = n.Get("reason")
	}
	return r.Text(n, "leave")
}
