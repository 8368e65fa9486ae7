package journey

import (
	"fmt"
)

// program is a definition laid out flat: nodes in the order of laying out, nested steps
// after the step that holds them.
type program struct {
	def   *Definition
	nodes []node
	byID  map[string]int
	// hears are the types of events that leave rules and waits listen to, and always is set
	// when a rule or a wait has to be asked on every event.
	hears  map[string]bool
	always bool
}

// node is a step and where the walk goes from it. end means past the last step.
type node struct {
	step *Step
	next int   // after the step itself
	arms []int // first node of each arm, see arms
}

const end = -1

// compile lays the definition out. Steps without an id get one from their place, so that
// every position has a name; ids must be unique.
func compile(def *Definition) (*program, error) {
	p := &program{def: def, byID: map[string]int{}, hears: map[string]bool{}}
	if _, err := p.block(def.Steps, end, ""); err != nil {
		return nil, fmt.Errorf("journey %s: %w", def.Name, err)
	}
	for _, r := range def.Leave {
		p.listen(r.On)
	}
	for _, n := range p.nodes {
		if w := n.step.Wait; w != nil {
			for _, e := range w.Events {
				p.listen(e.On)
			}
			p.always = p.always || w.Until != nil
		}
		if what := n.step.own(); what != nil && what.FallBack != nil {
			for _, on := range append(arrivals(what.Channel), losses(what.Channel)...) {
				p.listen(on)
			}
		}
	}
	return p, nil
}

func (p *program) listen(on string) {
	if on == "" {
		p.always = true
	} else {
		p.hears[on] = true
	}
}

// block lays out steps that are followed by next, and returns its first node.
func (p *program) block(steps []Step, next int, path string) (int, error) {
	first := next
	// From the end, because a node must know the one after it. Nodes are numbered in the
	// order of laying out; only ids are ever stored.
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		here := fmt.Sprintf("%s%d", path, i+1)
		if s.ID == "" {
			s.ID = "step-" + here
		}
		n := node{step: &s, next: first}
		var err error
		if n.arms, err = p.arms(&s, first, here); err != nil {
			return 0, err
		}
		if _, twice := p.byID[s.ID]; twice {
			return 0, fmt.Errorf("two steps have the id %q", s.ID)
		}
		p.nodes = append(p.nodes, n)
		first = len(p.nodes) - 1
		p.byID[s.ID] = first
	}
	return first, nil
}

// arms lays out what a step holds.
func (p *program) arms(s *Step, next int, here string) ([]int, error) {
	blocks := s.Blocks()
	arms := make([]int, 0, len(blocks))
	for i, b := range blocks {
		first, err := p.block(b, next, fmt.Sprintf("%s.%d.", here, i+1))
		if err != nil {
			return nil, err
		}
		arms = append(arms, first)
	}
	return arms, nil
}

// start is the first node, end for a journey without steps.
func (p *program) start() int {
	if len(p.def.Steps) == 0 {
		return end
	}
	// The first step of the file was laid out last.
	return len(p.nodes) - 1
}

// otherwise is where a wait goes when its time is over, or a recommend with too little.
func (n *node) otherwise() int { return n.arms[len(n.arms)-1] }

// Walk visits all steps, nested ones after the step that holds them, in the order of the
// file. The steps are shared and must not be changed.
func Walk(steps []Step, visit func(*Step)) {
	for i := range steps {
		visit(&steps[i])
		for _, block := range steps[i].Blocks() {
			Walk(block, visit)
		}
	}
}

// Blocks are the lists of steps that a step holds, in the order of its arms: the cases of a
// branch, the arms of a split, the events of a wait and then its otherwise, the otherwise of
// a recommend. They are shared and must not be changed.
func (s *Step) Blocks() [][]Step {
	var blocks [][]Step
	switch {
	case s.Branch != nil:
		for _, c := range s.Branch.Cases {
			blocks = append(blocks, c.Steps)
		}
	case s.Split != nil:
		for _, a := range s.Split.Arms {
			blocks = append(blocks, a.Steps)
		}
	case s.Wait != nil:
		for _, e := range s.Wait.Events {
			blocks = append(blocks, e.Steps)
		}
		blocks = append(blocks, s.Wait.Otherwise)
	case s.Recommend != nil:
		blocks = append(blocks, s.Recommend.Otherwise)
	}
	return blocks
}

// Sends are the messages that a step may decide: its own, then the one instead of it and the one
// that it falls back to. They are shared and must not be changed.
func (s *Step) Sends() []*Send {
	own := s.own()
	if own == nil {
		return nil
	}
	all := []*Send{own}
	if own.Blocked.Instead != nil {
		all = append(all, own.Blocked.Instead)
	}
	if own.FallBack != nil {
		all = append(all, own.FallBack.Send)
	}
	return all
}
