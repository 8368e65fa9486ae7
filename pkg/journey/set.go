package journey

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/policy"
)

// Set is a workspace as the engine runs it: the journeys that are in force, the older
// versions that people are still inside of, segments and policy. It is immutable and safe
// for concurrent use.
type Set struct {
	config   Config
	policy   *policy.Policy
	programs []*program // in force: by descending priority, then name
	byName   map[string]*program
	versions map[string]map[string]*program // by name and version, those in force too

	// Who listens to what, so that an event costs nothing to those it does not concern.
	entries     map[string][]*program // by event type
	starting    []*program            // dates and broadcasts
	predictions []*program
	earning     map[string][]Earning
	segments    []*Segment
	sortedOn    map[string][]int // segments by event type in whose history they look
	heard       map[string]bool  // types of events that any journey listens to
	goals       map[string]bool  // types of events that are a journey's goal
	words       bool             // whether anything asks for changes of consent
	observer    Observer
}

// The types of events that the engine makes when something other than an event enters.
const (
	SegmentEntered  = "segment.entered"
	SegmentLeft     = "segment.left"
	ScheduleReached = "schedule.reached"
	DateReached     = "date.reached"
)

// NewSet lays out a workspace. Errors name the journey.
func NewSet(c Config) (*Set, error) {
	s := &Set{
		config: c, policy: c.Policy, byName: make(map[string]*program, len(c.Journeys)), versions: map[string]map[string]*program{},
		entries: map[string][]*program{}, earning: map[string][]Earning{}, segments: c.Segments, sortedOn: map[string][]int{}, heard: map[string]bool{}, goals: map[string]bool{},
	}
	if s.config.Version == "" {
		s.config.Version = "unversioned" // A state that was never refreshed has none.
	}
	if s.policy == nil {
		s.policy = &policy.Policy{Zone: c.Zone}
	}
	for _, d := range c.Journeys {
		p, err := s.add(d)
		if err != nil {
			return nil, err
		}
		if s.byName[d.Name] != nil {
			return nil, fmt.Errorf("two journeys have the name %q", d.Name)
		}
		s.byName[d.Name] = p
		s.programs = append(s.programs, p)
	}
	for _, d := range c.Old {
		if s.versions[d.Name][d.Version] != nil {
			continue
		}
		if _, err := s.add(d); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.programs, func(a, b *program) int {
		return cmp.Or(cmp.Compare(b.def.Priority, a.def.Priority), cmp.Compare(a.def.Name, b.def.Name))
	})
	s.index()
	return s, nil
}

func (s *Set) add(d *Definition) (*program, error) {
	p, err := compile(d)
	if err != nil {
		return nil, err
	}
	if s.versions[d.Name] == nil {
		s.versions[d.Name] = map[string]*program{}
	}
	s.versions[d.Name][d.Version] = p
	s.heard[d.Enter.On] = true
	if d.Goal != nil {
		s.heard[d.Goal.On], s.goals[d.Goal.On] = true, true
	}
	for typ := range p.hears {
		s.heard[typ] = true
	}
	return p, nil
}

func (s *Set) index() {
	for _, p := range s.programs {
		if p.def.Status != Active {
			continue
		}
		switch e := &p.def.Enter; {
		case e.Segment != nil && e.Segment.Left:
			s.entries[SegmentLeft] = append(s.entries[SegmentLeft], p)
		case e.Segment != nil:
			s.entries[SegmentEntered] = append(s.entries[SegmentEntered], p)
		case e.Prediction != nil:
			s.predictions = append(s.predictions, p)
		case e.Broadcast != nil || e.Date != nil:
			s.starting = append(s.starting, p)
		default:
			s.entries[e.On] = append(s.entries[e.On], p)
		}
	}
	for i, g := range s.segments {
		for _, typ := range g.Reads.Events {
			s.sortedOn[typ] = append(s.sortedOn[typ], i)
		}
	}
	for _, e := range s.config.Loyalty.Earn {
		s.earning[e.On] = append(s.earning[e.On], e)
		s.heard[e.On] = true
	}
	s.words = s.asksFor(event.ConsentGranted) || s.asksFor(event.ConsentWithdrawn)
}

// asksFor reports whether a type of event concerns anybody: a journey that is not only a
// draft, people inside one, the programme, a segment.
func (s *Set) asksFor(typ string) bool {
	if len(s.entries[typ]) > 0 || len(s.sortedOn[typ]) > 0 || len(s.earning[typ]) > 0 {
		return true
	}
	for _, all := range s.versions {
		for _, p := range all {
			if d := p.def; d.Status != Draft && d.Status != Archived && (p.hears[typ] || d.Goal != nil && d.Goal.On == typ) {
				return true
			}
		}
	}
	return false
}

// Version is that of the workspace.
func (s *Set) Version() string { return s.config.Version }

// Hears reports whether a type of event concerns any journey or the loyalty programme by
// name: who enters by it, waits for it, leaves by it, has it as a goal or earns by it.
func (s *Set) Hears(typ string) bool { return s.heard[typ] }

// hearsSegment reports whether a change of membership concerns any journey.
func (s *Set) hearsSegment(typ, segment string) bool {
	return s.heard[typ] || slices.ContainsFunc(s.entries[typ], func(p *program) bool {
		return p.def.Enter.Segment == nil || p.def.Enter.Segment.Segment == segment
	})
}

// Definitions are the journeys in force. They are shared and must not be changed.
func (s *Set) Definitions() []*Definition { return s.config.Journeys }

// Observed is the same set, telling o what it asks and does.
func (s *Set) Observed(o Observer) *Set {
	c := *s
	c.observer = o
	return &c
}

// program is what an instance walks by. A version that is no longer kept goes on in the
// present one; nil when there is none either.
func (s *Set) program(in *Instance) *program {
	if p := s.versions[in.Journey][in.Version]; p != nil {
		return p
	}
	return s.byName[in.Journey]
}

// status is the present one of an instance's journey: an older version has that of the one
// in force.
func (s *Set) status(in *Instance) Status {
	if p := s.byName[in.Journey]; p != nil {
		return p.def.Status
	}
	return Archived
}

// Lateness is how long after its decision a message of a journey's version may still go:
// DefaultLateness for a journey that is not known any more.
func (s *Set) Lateness(name, version string) time.Duration {
	if d := s.definition(name, version); d != nil {
		return d.lateness()
	}
	return DefaultLateness
}

// resting reports whether the journey keeps people where they are.
func (st Status) resting() bool { return st == Paused || st == Draft }

func (d *Definition) lifetime() time.Duration {
	if d.Lifetime > 0 {
		return d.Lifetime
	}
	return DefaultLifetime
}

func (d *Definition) lateness() time.Duration {
	if d.MaxLateness > 0 {
		return d.MaxLateness
	}
	return DefaultLateness
}
