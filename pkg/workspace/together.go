package workspace

import (
	"fmt"
	"slices"
	"strings"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/workspace/source"
)

// together checks the journeys of a workspace with each other; they are sorted by name.
func together(all []*draft, refs *references, r *source.Report) {
	equals(all, refs, r)
	c := circles{Report: r, entered: map[string][]*draft{}, state: map[*draft]int{}}
	for _, d := range all {
		if d.Status != journey.Archived && d.Enter.On != "" {
			c.entered[d.Enter.On] = append(c.entered[d.Enter.On], d)
		}
	}
	for _, d := range all {
		c.visit(d)
	}
}

// equals warns of journeys that compete for the last slot under a cap with equal priority.
func equals(all []*draft, refs *references, r *source.Report) {
	type rank struct {
		category message.Category
		priority int
	}
	first := map[rank]*draft{}
	for _, d := range all {
		if !d.whole || d.Status != journey.Active || !refs.capped(d.Category) || !sendsAny(d) {
			continue
		}
		k := rank{d.Category, d.Priority}
		if before := first[k]; before != nil {
			at := d.file.Place
			if d.file.Get("priority") != nil {
				at = keyPlace(d.file, "priority")
			}
			r.Warn(d.file.File, at, fmt.Sprintf("%s has the priority %d too", before.Name, d.Priority),
				"when a cap of policy.yaml leaves room for one message, the name decides; give one of them another priority")
			continue
		}
		first[k] = d
	}
}

func sendsAny(d *draft) bool {
	found := false
	journey.Walk(d.Steps, func(s *journey.Step) { found = found || len(s.Sends()) > 0 })
	return found
}

// circles finds journeys that enter each other by the events they emit, without end.
type circles struct {
	*source.Report
	entered map[string][]*draft // by type of event
	state   map[*draft]int      // 1: on the way, 2: done
	chain   []emission
}

// emission is a step that emits an event.
type emission struct {
	from *draft
	step *journey.Step
}

func (c *circles) visit(d *draft) {
	if c.state[d] != 0 || d.Status == journey.Archived {
		return
	}
	c.state[d] = 1
	journey.Walk(d.Steps, func(s *journey.Step) {
		if s.Emit == nil || s.Emit.Type == "" {
			return
		}
		c.chain = append(c.chain, emission{d, s})
		for _, to := range c.entered[s.Emit.Type] {
			if c.state[to] == 1 {
				c.tell(to)
			} else {
				c.visit(to)
			}
		}
		c.chain = c.chain[:len(c.chain)-1]
	})
	c.state[d] = 2
}

// tell reports a circle that closes at a journey.
func (c *circles) tell(at *draft) {
	begin := slices.IndexFunc(c.chain, func(e emission) bool { return e.from == at })
	var parts []string
	for _, e := range c.chain[begin:] {
		parts = append(parts, e.from.Name+" emits "+e.step.Emit.Type)
	}
	last := c.chain[len(c.chain)-1]
	n := last.from.steps[last.step.ID]
	c.At(n.File, keyPlace(n, "emit"), "people would go round in a circle: "+strings.Join(parts, ", ")+", which enters "+at.Name,
		"take one of the emit: away, or let the journey be entered by something else")
}
