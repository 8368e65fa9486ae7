package journey

import (
	"fmt"
	"slices"
	"strings"
)

// program is a definition laid out flat: nodes in the order of the file, nested steps
// after the step that holds them.
type program struct {
	def   *Definition
	nodes []node
	byID  map[string]int
}

// node is a step and where the walk goes from it. end means past the last step.
type node struct {
	step *Step
	next int   // after the step itself
	arms []int // first node of each branch case, or of a recommend's otherwise
}

const end = -1

// compile lays the definition out. Steps without an id get one from their place, so that
// every position has a name; ids must be unique.
func compile(def *Definition) (*program, error) {
	p := &program{def: def, byID: map[string]int{}}
	if _, err := p.block(def.Steps, end, ""); err != nil {
		return nil, fmt.Errorf("journey %s: %w", def.Name, err)
	}
	return p, nil
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

func (p *program) arms(s *Step, next int, here string) ([]int, error) {
	var blocks [][]Step
	switch {
	case s.Branch != nil:
		for _, c := range s.Branch.Cases {
			blocks = append(blocks, c.Steps)
		}
	case s.Recommend != nil:
		blocks = append(blocks, s.Recommend.Otherwise)
	}
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

// Set is the journeys that are in force, one version of each. It is immutable and safe
// for concurrent use.
type Set struct {
	programs []*program // by name
	byName   map[string]*program
}

// NewSet lays out the definitions. Errors name the journey.
func NewSet(defs []*Definition) (*Set, error) {
	s := &Set{byName: make(map[string]*program, len(defs))}
	for _, d := range defs {
		p, err := compile(d)
		if err != nil {
			return nil, err
		}
		if s.byName[d.Name] != nil {
			return nil, fmt.Errorf("two journeys have the name %q", d.Name)
		}
		s.byName[d.Name] = p
		s.programs = append(s.programs, p)
	}
	slices.SortFunc(s.programs, func(a, b *program) int { return strings.Compare(a.def.Name, b.def.Name) })
	return s, nil
}
