package script

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/journey"
)

// Item is a part of a journey that a test can come to.
type Item struct {
	Kind    string `json:"kind"` // step, case, arm, event, otherwise or leave
	Step    string `json:"step,omitempty"`
	Which   string `json:"which,omitempty"` // the case, arm, event or rule: its number from 1, or its name
	Words   string `json:"words"`
	Reached bool   `json:"reached"`
}

// The kinds of items.
const (
	itemStep      = "step"
	itemCase      = "case"
	itemArm       = "arm"
	itemEvent     = "event"
	itemOtherwise = "otherwise"
	itemLeave     = "leave"
)

// Cover says what of a workspace's journeys tests came to. It is not safe for concurrent
// use: give each test its own and Merge them.
type Cover struct {
	defs map[string]*journey.Definition
	hits map[string]bool
	on   map[string]position // by instance
}

// position is where an instance rests or passes, and what was answered there.
type position struct {
	journey, step string
	held          string // the number of the case or event whose condition held
	left          bool   // a rule took it out
}

// NewCover makes one that nothing has come to yet.
func NewCover(defs []*journey.Definition) *Cover {
	c := &Cover{defs: map[string]*journey.Definition{}, hits: map[string]bool{}, on: map[string]position{}}
	for _, d := range defs {
		if d.Status != journey.Archived {
			c.defs[d.Name] = d
		}
	}
	return c
}

// Merge adds what another one was come to.
func (c *Cover) Merge(other *Cover) { maps.Copy(c.hits, other.hits) }

func hitKey(name, kind, step, which string) string {
	return strings.Join([]string{name, kind, step, which}, "\x00")
}

func (c *Cover) hit(name, kind, step, which string) { c.hits[hitKey(name, kind, step, which)] = true }

// asked takes in an answer. Only conditions that are there are asked; arms without one are
// found by what the instance does next.
func (c *Cover) asked(q journey.Question) {
	if !q.Holds || q.Instance == "" {
		return
	}
	words := strings.Fields(q.Place)
	switch {
	case len(words) == 2 && words[0] == "leave":
		c.hit(q.Journey, itemLeave, "", words[1])
		p := c.on[q.Instance]
		p.left = true
		c.on[q.Instance] = p
	case len(words) == 3 && (words[0] == "branch" || words[0] == "wait"):
		p := c.on[q.Instance]
		p.held = words[2]
		c.on[q.Instance] = p
	case len(words) == 2 && words[0] == "until":
		p := c.on[q.Instance]
		p.held = "until"
		c.on[q.Instance] = p
	}
}

// stepped takes in that an instance came to a step.
func (c *Cover) stepped(in *journey.Instance, step string, ev *event.Event) {
	if p, ok := c.on[in.ID]; ok && p.step != step {
		c.passed(p, step, ev)
	}
	c.hit(in.Journey, itemStep, step, "")
	c.on[in.ID] = position{journey: in.Journey, step: step}
}

// ended takes in that an instance ended, at an event or a timer.
func (c *Cover) ended(e *journey.Ended, ev *event.Event) {
	p, ok := c.on[e.Instance]
	delete(c.on, e.Instance)
	d := c.defs[e.Journey]
	if !ok || d == nil || p.left {
		return
	}
	if !e.Finished {
		if k := ruleFor(d, e.Reason, ev); k > 0 {
			c.hit(e.Journey, itemLeave, "", itoa(k))
			return
		}
		if s := find(d, p.step); s == nil || s.Wait == nil || !slices.ContainsFunc(s.Wait.Events, func(w journey.WaitEvent) bool { return w.Leave == e.Reason }) {
			return
		}
	}
	c.passed(p, "", ev)
}

// ruleFor is the number of the rule without a condition that took somebody out; 0: none.
func ruleFor(d *journey.Definition, reason string, ev *event.Event) int {
	for k, r := range d.Leave {
		as := cmp.Or(r.As, journey.LeftByRule)
		if r.If == nil && as == reason && ev != nil && r.On == ev.Type {
			return k + 1
		}
	}
	return 0
}

// passed says which way an instance went on from a step, to another or, with none, out.
func (c *Cover) passed(p position, to string, ev *event.Event) {
	d := c.defs[p.journey]
	if d == nil {
		return
	}
	s := find(d, p.step)
	switch {
	case s == nil:
	case s.Branch != nil:
		if p.held != "" {
			c.hit(p.journey, itemCase, p.step, p.held)
			return
		}
		for k, b := range s.Branch.Cases {
			if b.If == nil {
				c.hit(p.journey, itemCase, p.step, itoa(k+1))
				return
			}
		}
	case s.Wait != nil:
		c.waited(s.Wait, p, ev)
	case s.Recommend != nil && len(s.Recommend.Otherwise) > 0 && to == first(d, p.step, 1):
		c.hit(p.journey, itemOtherwise, p.step, "")
	}
}

func (c *Cover) waited(w *journey.Wait, p position, ev *event.Event) {
	switch {
	case p.held == "until":
		return
	case p.held != "":
		c.hit(p.journey, itemEvent, p.step, p.held)
		return
	case ev != nil:
		for k, e := range w.Events {
			if e.If == nil && e.On == ev.Type {
				c.hit(p.journey, itemEvent, p.step, itoa(k+1))
				return
			}
		}
	}
	if len(w.Otherwise) > 0 {
		c.hit(p.journey, itemOtherwise, p.step, "")
	}
}

// find is the step of an id; nil when there is none.
func find(d *journey.Definition, step string) *journey.Step {
	var found *journey.Step
	walk(d.Steps, "", func(s *journey.Step, id string) {
		if id == step {
			found = s
		}
	})
	return found
}

// first is the id of the first step in the n-th block of a step.
func first(d *journey.Definition, step string, n int) string {
	id := ""
	var within func(steps []journey.Step, path string)
	within = func(steps []journey.Step, path string) {
		for i := range steps {
			s, here := &steps[i], path+itoa(i+1)
			for k, block := range s.Blocks() {
				inner := here + "." + itoa(k+1) + "."
				if idOf(s, here) == step && k == n-1 && len(block) > 0 {
					id = idOf(&block[0], inner+"1")
				}
				within(block, inner)
			}
		}
	}
	within(d.Steps, "")
	return id
}

// Covered is what was come to in one journey.
type Covered struct {
	Journey string `json:"journey"`
	Items   []Item `json:"items"`
	Reached int    `json:"reached"`
}

// Journeys lists every journey by name with all that a test can come to.
func (c *Cover) Journeys() []Covered {
	var out []Covered
	for _, name := range slices.Sorted(maps.Keys(c.defs)) {
		j := Covered{Journey: name}
		add := func(kind, step, which, words string) {
			it := Item{Kind: kind, Step: step, Which: which, Words: words, Reached: c.hits[hitKey(name, kind, step, which)]}
			if it.Reached {
				j.Reached++
			}
			j.Items = append(j.Items, it)
		}
		for k, r := range c.defs[name].Leave {
			add(itemLeave, "", itoa(k+1), fmt.Sprintf("leave rule %d (%s)", k+1, cmp.Or(r.As, r.On, journey.LeftByRule)))
		}
		walk(c.defs[name].Steps, "", func(s *journey.Step, id string) {
			add(itemStep, id, "", "step "+id)
			ways(s, id, add)
		})
		out = append(out, j)
	}
	return out
}

// ways lists the ways on from a step.
func ways(s *journey.Step, id string, add func(kind, step, which, words string)) {
	switch {
	case s.Branch != nil:
		for k, b := range s.Branch.Cases {
			words := fmt.Sprintf("case %d of %s", k+1, id)
			if b.If == nil {
				words = "else of " + id
			}
			add(itemCase, id, itoa(k+1), words)
		}
	case s.Split != nil:
		for _, a := range s.Split.Arms {
			add(itemArm, id, a.Name, "arm "+a.Name+" of "+id)
		}
	case s.Wait != nil:
		for k, e := range s.Wait.Events {
			add(itemEvent, id, itoa(k+1), "event "+e.On+" in "+id)
		}
		if len(s.Wait.Otherwise) > 0 {
			add(itemOtherwise, id, "", "otherwise of "+id)
		}
	case s.Recommend != nil && len(s.Recommend.Otherwise) > 0:
		add(itemOtherwise, id, "", "otherwise of "+id)
	}
}

// Share is how much of all journeys was come to, 0..1; 1 when there is nothing.
func (c *Cover) Share() float64 {
	reached, all := 0, 0
	for _, j := range c.Journeys() {
		reached, all = reached+j.Reached, all+len(j.Items)
	}
	if all == 0 {
		return 1
	}
	return float64(reached) / float64(all)
}

// Write prints a line for each journey, and below it what no test came to.
func (c *Cover) Write(w io.Writer) error {
	var b strings.Builder
	for _, j := range c.Journeys() {
		fmt.Fprintf(&b, "%3d%%  %s (%d of %d)\n", percent(j.Reached, len(j.Items)), j.Journey, j.Reached, len(j.Items))
		for _, it := range j.Items {
			if !it.Reached {
				fmt.Fprintf(&b, "        no test comes to %s\n", it.Words)
			}
		}
	}
	fmt.Fprintf(&b, "%3.0f%%  of everything\n", c.Share()*100)
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(part, all int) int {
	if all == 0 {
		return 100
	}
	return part * 100 / all
}
