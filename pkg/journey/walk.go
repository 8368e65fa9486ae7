package journey

import (
	"slices"
	"time"
)

// run walks an instance from a node until it rests or ends.
func (w *walk) run(id string, p *program, n int) {
	for n != end {
		in := &w.state.Instances[w.state.index(id)]
		nd := &p.nodes[n]
		s := nd.step
		if in.Step != s.ID || in.Since.IsZero() {
			in.Since = w.now
		}
		in.Step, in.Due, in.Look, in.Owed = s.ID, time.Time{}, time.Time{}, time.Time{}
		if w.set.observer != nil {
			w.set.observer.Stepped(in, s.ID, w.now)
		}
		next, rests, ended := w.step(in, p, nd)
		if ended {
			return
		}
		if rests {
			w.standing(id, p)
			return
		}
		n = next
	}
	w.end(id, true, "")
}

// step does what one step says, and returns where to go on.
func (w *walk) step(in *Instance, p *program, nd *node) (next int, rests, ended bool) {
	s := nd.step
	switch {
	case s.Wait != nil:
		next, rests = w.rest(in, p, nd)
		return next, rests, false
	case s.Recommend != nil:
		w.suggest(in, s.Recommend)
		return 0, true, false
	case s.Exit != nil:
		reason := s.Exit.Reason
		if reason == "" {
			reason = LeftByRule
		}
		w.end(in.ID, false, reason)
		return 0, false, true
	case s.Branch != nil:
		return w.branch(in, nd), false, false
	case s.Split != nil:
		return w.split(in, nd), false, false
	case s.Send != nil:
		return nd.next, w.send(in, p.def, s, s.Send), false
	case s.Survey != nil:
		return nd.next, w.send(in, p.def, s, &s.Survey.Send), false
	}
	w.change(in, s)
	return nd.next, false, false
}

func (w *walk) branch(in *Instance, nd *node) int {
	scope := w.scope(in)
	for i, c := range nd.step.Branch.Cases {
		if w.holds(c.If, scope, place{in: in, where: "branch", step: nd.step.ID, number: i + 1}) {
			return nd.arms[i]
		}
	}
	return nd.next
}

// split takes the arm that a hash of profile, journey and step falls into, or the winner.
// The version is not part of it, so that who has an arm keeps it when a text is corrected;
// an instance that a migration leads here again keeps its arm and is not counted again.
func (w *walk) split(in *Instance, nd *node) int {
	s := nd.step.Split
	named := func(step, name string) int {
		return slices.IndexFunc(s.Arms, func(a Arm) bool { return step == nd.step.ID && a.Name == name })
	}
	for _, had := range in.Arms {
		if arm := named(had.Step, had.Arm); arm >= 0 {
			return nd.arms[arm]
		}
	}
	x := Experiment{Journey: in.Journey, Version: in.Version, Step: nd.step.ID}
	arm := -1
	if won, ok := w.set.config.Winners[x]; ok {
		arm = named(x.Step, won)
	}
	if arm < 0 {
		arm = armOf(s.Arms, Fraction("split", in.Journey, nd.step.ID, w.state.Profile.ID))
	}
	ref := ArmRef{Step: nd.step.ID, Arm: s.Arms[arm].Name}
	in.Arms = append(in.Arms, ref)
	for i := range w.state.Goals {
		if g := &w.state.Goals[i]; g.Instance == in.ID {
			g.Arms = append(g.Arms, ref)
		}
	}
	w.effect(Armed{Instance: in.ID, Arm: ref.Arm, Experiment: x, Ghost: in.Ghost, At: w.now})
	return nd.arms[arm]
}

// armOf is the arm in whose share of the weights the fraction lies.
func armOf(arms []Arm, fraction float64) int {
	total := 0.0
	for _, a := range arms {
		total += a.Weight
	}
	upTo, lastOne := 0.0, 0
	for i, a := range arms {
		if a.Weight <= 0 {
			continue
		}
		lastOne = i
		if upTo += a.Weight; fraction*total < upTo {
			return i
		}
	}
	return lastOne
}

// suggest rests without a timer: whoever carries out the effects answers or postpones.
func (w *walk) suggest(in *Instance, r *Recommend) {
	bought := w.state.Profile.Orders.Bought
	basket := bought
	if t := w.state.trigger(in.Trigger); r.Basis != BasisBought && t != nil {
		basket = t.Products
	}
	in.Owed = w.meant()
	w.asks = append(w.asks, Ask{Instance: in.ID, Query: Query{
		AsOf: w.now, Basket: basket, Exclude: bought, From: r.From, Min: r.Min, Max: r.Max,
	}})
}
