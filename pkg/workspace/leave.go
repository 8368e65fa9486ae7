package workspace

import (
	"cmp"
	"fmt"
	"slices"

	"rapport/pkg/condition"
	"rapport/pkg/condition/spelling"
	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

// The bounds of one journey.
const (
	maxRules = 50  // of leaving
	maxMoves = 100 // of steps that have another id now
)

// leave reads the rules that end an instance: a list of rules, of which the shortest is the
// type of an event.
func (r *reader) leave(n *source.Node) []journey.LeaveRule {
	if n.Kind != source.List {
		r.At(n.File, n.Place, "leave must be a list, not "+n.Kind.String(), "begin each rule with a hyphen: - on: order.refunded")
		return nil
	}
	if len(n.Items) > maxRules {
		r.At(n.File, n.Items[maxRules].Place, fmt.Sprintf("there are more than %d rules", maxRules), "one rule can ask for several things: if: a or b")
		return nil
	}
	var rules []journey.LeaveRule
	for _, item := range n.Items {
		if item.Kind == source.Text {
			typ := r.eventType(item)
			rules = append(rules, journey.LeaveRule{On: typ, As: typ})
			continue
		}
		if !r.Fields(item, "a rule of leave", source.Keys{Known: []string{"on", "if", "when", "match", "as"}}) {
			continue
		}
		var rule journey.LeaveRule
		if on := item.Get("on"); on != nil {
			rule.On = r.eventType(on)
		} else if item.Get("if") == nil && item.Get("match") == nil && item.Get("when") == nil {
			r.At(n.File, item.Place, "this rule would end the journey on every event", "add on: or if:")
		}
		rule.If = r.conditions(item, r.on(rule.On))
		rule.As = cmp.Or(r.Text(item.Get("as"), "as"), rule.On, "left")
		rules = append(rules, rule)
	}
	return rules
}

// goal reads what a journey is for.
func (r *reader) goal(n *source.Node) *journey.Goal {
	g := &journey.Goal{}
	if n.Kind == source.Text {
		g.On = r.eventType(n)
		return g
	}
	if !r.Fields(n, "goal", source.Keys{Known: []string{"on", "if", "when", "match", "within", "value", "leave"}}) {
		return g
	}
	if r.required(n, "on", "name the event that the journey is for: on: order.completed") {
		g.On = r.eventType(n.Get("on"))
	}
	g.If = r.conditions(n, r.on(g.On))
	if within := n.Get("within"); within != nil {
		g.Within = r.atMost(within, "within")
	}
	g.Value = r.compiled(n.Get("value"), condition.CompileNumber, r.on(g.On))
	g.Leave = r.truth(n.Get("leave"), "leave")
	reads := condition.DepsOf(g.If)
	g.Recalls = reads.Trigger || reads.Sent
	return g
}

// moves reads where those rest whose step has another id now.
func (r *reader) moves(n *source.Node) {
	part := n.Get("moves")
	if part == nil || !r.mapping(part, "moves", "write moves: {old_step: new_step}") {
		return
	}
	if r.out.OnChange != journey.Migrate {
		r.At(n.File, keyPlace(n, "moves"), "moves: goes with on_change: migrate", "only then do people move into a new version")
	}
	if len(part.Pairs) > maxMoves {
		r.At(n.File, part.Pairs[maxMoves].At, fmt.Sprintf("there are more than %d moves", maxMoves), "name those steps alone on which people rest")
		return
	}
	r.out.Moves = map[string]string{}
	var ids []string
	for id, step := range r.ids {
		if step.Get("id") != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, p := range part.Pairs {
		to := r.Text(p.Value, "a step of moves")
		switch {
		case to == "":
		case !slices.Contains(ids, to):
			r.At(n.File, p.Value.Place, "there is no step "+to, spelling.DidYouMean(to, ids))
		case slices.Contains(ids, p.Key):
			r.At(n.File, p.At, "the step "+p.Key+" is still here, and who rests on it stays on it", "leave the line out, or give the new step another id")
		}
		r.out.Moves[p.Key] = to
	}
}

// mapping reports what is no mapping with something in it.
func (r *reader) mapping(n *source.Node, what, hint string) bool {
	if n.Kind != source.Map || len(n.Pairs) == 0 {
		r.At(n.File, n.Place, what+" must be a mapping, not "+kindOf(n), hint)
		return false
	}
	return true
}
