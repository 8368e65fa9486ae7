package backtest

import (
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// tally is what was counted so far. Persons and steps are numbers, so that a million
// messages need no million strings.
type tally struct {
	in       *Input
	on       bool
	journeys map[string]*counts
	people   map[string]*person
	days     map[dayKey]int
	sends    []send
	blocked  map[blockKey]*blocks
	overlap  map[pair]int
}

type counts struct {
	entered, people, ghosts, finished, inside, reached int
	left                                               map[string]int
	sent                                               map[message.Channel]int
}

// person is what one person got, and where they are.
type person struct {
	id       string
	messages int
	capped   int
	inside   map[string]int // instances by journey
	been     map[string]bool
	pairs    map[pair]bool
	blocked  map[blockKey]bool
}

type dayKey struct {
	date    string
	journey string
	channel message.Channel
}

type blockKey struct {
	journey string
	channel message.Channel
	reason  message.Reason
}

type blocks struct{ count, people int }

// pair is two journeys in the order of their names.
type pair struct{ a, b string }

// send is one message that goes out.
type send struct {
	person  *person
	journey string
	step    string
	channel message.Channel
	at      int64 // Unix seconds
}

func newTally(in *Input) *tally {
	return &tally{
		in: in, journeys: map[string]*counts{}, people: map[string]*person{}, days: map[dayKey]int{},
		blocked: map[blockKey]*blocks{}, overlap: map[pair]int{},
	}
}

func (t *tally) journey(name string) *counts {
	c := t.journeys[name]
	if c == nil {
		c = &counts{left: map[string]int{}, sent: map[message.Channel]int{}}
		t.journeys[name] = c
	}
	return c
}

func (t *tally) person(id string) *person {
	p := t.people[id]
	if p == nil {
		p = &person{id: id, inside: map[string]int{}, been: map[string]bool{}}
		t.people[id] = p
	}
	return p
}

func (t *tally) entered(profile string, e *journey.Entered) {
	c, p := t.journey(e.Journey), t.person(profile)
	c.entered++
	c.inside++
	if e.Ghost {
		c.ghosts++
	}
	if !p.been[e.Journey] {
		p.been[e.Journey] = true
		c.people++
	}
	for other := range p.inside {
		if other != e.Journey {
			t.together(p, e.Journey, other)
		}
	}
	p.inside[e.Journey]++
}

// together notes that a person is in two journeys at once.
func (t *tally) together(p *person, a, b string) {
	if b < a {
		a, b = b, a
	}
	k := pair{a, b}
	if p.pairs[k] {
		return
	}
	if p.pairs == nil {
		p.pairs = map[pair]bool{}
	}
	p.pairs[k] = true
	t.overlap[k]++
}

func (t *tally) ended(profile string, e *journey.Ended) {
	c, p := t.journey(e.Journey), t.person(profile)
	c.inside--
	if e.Finished {
		c.finished++
	} else {
		c.left[e.Reason]++
	}
	if p.inside[e.Journey]--; p.inside[e.Journey] <= 0 {
		delete(p.inside, e.Journey)
	}
}

func (t *tally) sent(profile string, c *message.Command, at time.Time) {
	p := t.person(profile)
	p.messages++
	t.journey(c.Journey).sent[c.Channel]++
	t.days[dayKey{at.In(t.in.Zone).Format(time.DateOnly), c.Journey, c.Channel}]++
	t.sends = append(t.sends, send{p, c.Journey, c.Step, c.Channel, at.Unix()})
}

func (t *tally) kept(profile string, c *message.Command, reason message.Reason) {
	p, k := t.person(profile), blockKey{c.Journey, c.Channel, reason}
	b := t.blocked[k]
	if b == nil {
		b = &blocks{}
		t.blocked[k] = b
	}
	b.count++
	if p.blocked == nil {
		p.blocked = map[blockKey]bool{}
	}
	if !p.blocked[k] {
		p.blocked[k] = true
		b.people++
	}
	if reason == message.ReasonCapped {
		p.capped++
	}
}
