package workspace

import (
	"regexp"
	"strconv"

	"rapport/pkg/journey"
	"rapport/pkg/workspace/source"
)

var armName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// The bounds of one step.
const (
	maxCases  = 50
	maxArms   = 20
	maxWeight = 1e6
	maxAfter  = 10_000_000
)

// branches reads the cases of a branch, of which else may be the last.
func (r *reader) branches(_, n *source.Node, number string, s *journey.Step) {
	s.Branch = &journey.Branch{}
	if n.Kind != source.List || len(n.Items) == 0 {
		r.At(n.File, n.Place, "branch must be a list of cases, not "+kindOf(n), "begin each case with a hyphen: - if: ...")
		return
	}
	if len(n.Items) > maxCases {
		r.At(n.File, n.Place, "a branch has at most "+strconv.Itoa(maxCases)+" cases", "branch again in else:")
		return
	}
	before, after := r.heard, r.heard
	for i, item := range n.Items {
		if !r.Fields(item, "a case of branch", source.Keys{Known: []string{"if", "when", "else", "steps"}}) {
			continue
		}
		r.heard = before
		c := journey.Case{If: r.caseOf(item, i == len(n.Items)-1)}
		if steps := r.armSteps(item, "the case"); steps != nil {
			var rested bool
			if c.Steps, rested = r.nested(steps, number+".case"+strconv.Itoa(i+1)+".", before); rested {
				after = hearing{}
			}
		}
		s.Branch.Cases = append(s.Branch.Cases, c)
	}
	r.heard = after
}

// caseOf reads the condition of a case; else has none.
func (r *reader) caseOf(n *source.Node, last bool) journey.Condition {
	other := n.Get("else")
	asks := n.Get("if") != nil || n.Get("when") != nil
	switch {
	case !asks && other == nil:
		r.At(n.File, n.Place, "the case has no condition", "add if:, or else: for the rest")
	case asks && other != nil:
		r.At(n.File, keyPlace(n, "else"), "a case has if: or else:, not both", "else: alone is for the rest")
	case other != nil && !last:
		r.At(n.File, n.Place, "else: must be the last case", "what stands behind it would never run")
	case other != nil && other.Kind != source.Null:
		r.At(n.File, other.Place, "else: stands alone", "put the steps under steps:")
	default:
		return r.conditions(n, r.inside())
	}
	return nil
}

func (r *reader) armSteps(n *source.Node, what string) *source.Node {
	steps := n.Get("steps")
	if steps == nil {
		r.At(n.File, n.Place, what+" has no steps", "add steps:, empty ([]) if nothing is to happen")
	}
	return steps
}

// splits reads the arms of a split, with winner: beside them.
func (r *reader) splits(step, n *source.Node, number string, s *journey.Step) {
	s.Split = &journey.Split{}
	if n.Kind != source.List || len(n.Items) < 2 || len(n.Items) > maxArms {
		r.At(n.File, n.Place, "split must be a list of 2 to "+strconv.Itoa(maxArms)+" arms", "such as - {arm: plain, weight: 50, steps: [...]}")
		return
	}
	before, after := r.heard, r.heard
	names := map[string]bool{}
	for i, item := range n.Items {
		if !r.Fields(item, "an arm of split", source.Keys{Known: []string{"arm", "weight", "steps"}}) {
			continue
		}
		a := journey.Arm{Name: r.arm(item, names), Weight: 1}
		if weight := item.Get("weight"); weight != nil {
			a.Weight = r.number(weight, "weight", maxWeight)
		} else if n.Items[0].Get("weight") != nil {
			r.At(n.File, item.Place, "the arm has no weight", "give one to all arms, or to none for equal shares")
		}
		if item.Get("weight") != nil && n.Items[0].Get("weight") == nil {
			r.At(n.File, n.Items[0].Place, "the arm has no weight", "give one to all arms, or to none for equal shares")
		}
		if steps := r.armSteps(item, "the arm"); steps != nil {
			var rested bool
			if a.Steps, rested = r.nested(steps, number+".arm"+strconv.Itoa(i+1)+".", before); rested {
				after = hearing{}
			}
		}
		s.Split.Arms = append(s.Split.Arms, a)
	}
	r.heard = after
	if winner := step.Get("winner"); winner != nil {
		s.Split.Winner = r.winner(winner)
	}
}

// arm reads the name of an arm.
func (r *reader) arm(n *source.Node, names map[string]bool) string {
	if !r.required(n, "arm", "give it a name that its results are told under: arm: plain") {
		return ""
	}
	at := n.Get("arm")
	name := r.Text(at, "arm")
	switch {
	case name == "":
	case !armName.MatchString(name):
		r.At(n.File, at.Place, name+" cannot be the name of an arm", "use small letters, digits and hyphens, such as plain")
	case names[name]:
		r.At(n.File, at.Place, "there is an arm "+name+" already", "give each arm a name of its own")
	}
	names[name] = true
	return name
}

// winner reads {metric: goal, after: 500, confidence: 95%}.
func (r *reader) winner(n *source.Node) *journey.Winner {
	w := &journey.Winner{Metric: "goal", Confidence: 0.95}
	if !r.Fields(n, "winner", source.Keys{Known: []string{"metric", "after", "confidence"}}) {
		return w
	}
	w.Metric = r.Choice(n.Get("metric"), "metric", "goal")
	if r.out.Goal == nil {
		r.At(n.File, n.Place, "nobody can win: the journey has no goal", "say what it is for, such as goal: {on: order.completed, within: 14d}")
	}
	if r.required(n, "after", "say how many people each arm needs first: after: 500") {
		w.After = r.Int(n.Get("after"), "after", 1, maxAfter, 0)
	}
	if sure := n.Get("confidence"); sure != nil {
		if w.Confidence = r.share(sure, "confidence"); w.Confidence != 0 && (w.Confidence < 0.5 || w.Confidence > 0.9999) {
			r.At(n.File, sure.Place, "confidence must be from 50% to 99.99%", "95% is usual")
		}
	}
	return w
}
