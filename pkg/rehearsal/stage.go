package rehearsal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// Engine decides what happens to one profile: *journey.Set.
type Engine interface {
	Event(st *journey.State, ev *event.Event, now time.Time, trace string) []journey.Effect
	Fire(st *journey.State, now time.Time) []journey.Effect
	Refresh(st *journey.State, now time.Time) []journey.Effect
	Answer(st *journey.State, instance string, with []journey.Suggestion, now time.Time) []journey.Effect
	Recheck(st *journey.State, c *message.Command, now time.Time) message.Reason
}

// Options are what a Stage is made of. Engine is required.
type Options struct {
	Engine Engine
	// Suggest answers recommend steps; nil: nobody knows anything to suggest.
	Suggest Suggester
	// Deliver says what becomes of a message; nil: AtOnce.
	Deliver func(*message.Command) Delivery
	// Sink is told everything; nil: nobody is.
	Sink Sink
	// Distinct promises that no event is given twice, so that none has to be remembered.
	Distinct bool
	// TimersFirst fires a timer that is due at the very time of an event before the event,
	// as a live run by the wall's clock does, whose events come after their time. Without
	// it the event comes first, as in a replay: of what happened in one minute, all of it
	// is known before anybody acts upon it.
	TimersFirst bool
}

// Stage is many profiles in virtual time. It is not safe for concurrent use.
type Stage struct {
	o      Options
	now    time.Time
	people map[string]*person
	timers timers
	roads  roads          // messages on their way
	back   []*event.Event // what came back at this very time, oldest first
	seen   map[uid]struct{}
}

// uid is the hash of an event's subject and UID.
type uid [16]byte

// maxRounds bounds what may follow from one event or timer without time going on.
const maxRounds = 10_000

// ErrLoop says that journeys keep causing one another without time going on.
var ErrLoop = errors.New("journeys cause one another without end: look for one that emits the event that another, or itself, is entered by")

// New makes an empty stage, whose time begins with the first event or with Until.
func New(o Options) (*Stage, error) {
	if o.Engine == nil {
		return nil, errors.New("rehearsal: Options.Engine is missing")
	}
	if o.Suggest == nil {
		o.Suggest = nobody{}
	}
	if o.Deliver == nil {
		o.Deliver = AtOnce
	}
	if o.Sink == nil {
		o.Sink = silence{}
	}
	return &Stage{o: o, people: map[string]*person{}, seen: map[uid]struct{}{}}, nil
}

// Now is the time on stage: the highest that it has seen.
func (s *Stage) Now() time.Time { return s.now }

// State is what is known of a profile; nil when nothing is. Between calls it may be read.
func (s *Stage) State(profile string) *journey.State {
	if p := s.people[profile]; p != nil {
		return p.state
	}
	return nil
}

// Profiles are all states by profile, sorted.
func (s *Stage) Profiles() iter.Seq2[string, *journey.State] {
	return func(yield func(string, *journey.State) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.people)) {
			if !yield(id, s.people[id].state) {
				return
			}
		}
	}
}

// NextDue is when something happens by itself: a timer, or a receipt on its way; zero: never.
func (s *Stage) NextDue() time.Time {
	due := s.timers.next()
	if r := s.roads.next(); !r.IsZero() && (due.IsZero() || r.Before(due)) {
		return r
	}
	return due
}

// Add puts somebody on stage whose state is known, such as one from the store. The state
// is the stage's from now on.
func (s *Stage) Add(st *journey.State) error {
	id := st.Profile.ID
	if s.people[id] != nil {
		return fmt.Errorf("rehearsal: there is a profile %q already", id)
	}
	p := &person{id: id, state: st, slot: none}
	s.people[id] = p
	s.effects(p, s.o.Engine.Refresh(st, s.now), Cause{Kind: ByWorkspace, At: s.now})
	s.timers.set(p, st.NextDue())
	return s.settle()
}

// Event runs time on to the event and applies it. An event from before the stage's time is
// late: it is applied now. An event that was given before changes nothing.
func (s *Stage) Event(ev *event.Event) error {
	if err := s.runTo(ev.Time, s.o.TimersFirst); err != nil {
		return err
	}
	s.apply(ev)
	return s.settle()
}

// Until runs time on to its end, inclusively.
func (s *Stage) Until(end time.Time) error { return s.runTo(end, true) }

// Change puts another workspace into force at a time, for everybody, by order of their ids.
func (s *Stage) Change(to Engine, at time.Time) error {
	if err := s.runTo(at, true); err != nil {
		return err
	}
	s.o.Engine = to
	for _, id := range slices.Sorted(maps.Keys(s.people)) {
		p := s.people[id]
		s.effects(p, to.Refresh(p.state, s.now), Cause{Kind: ByWorkspace, At: s.now})
		s.timers.set(p, p.state.NextDue())
		if err := s.settle(); err != nil {
			return err
		}
	}
	return nil
}

// Play gives all events, and runs time on to the end; zero: to the last event.
func (s *Stage) Play(events iter.Seq2[*event.Event, error], end time.Time) error {
	for ev, err := range events {
		if err != nil {
			return err
		}
		if err := s.Event(ev); err != nil {
			return err
		}
	}
	if end.IsZero() {
		end = s.now
	}
	return s.Until(end)
}

// runTo fires what is due before a time, with inclusive at it too, lets messages arrive up
// to it, and sets the clock to it. The receipt of a message that arrives at the time of a
// timer is applied before it, or with TimersFirst after it, as any event is.
func (s *Stage) runTo(t time.Time, inclusive bool) error {
	for {
		due, arrival := s.timers.next(), s.roads.next()
		mine := !due.IsZero() && (due.Before(t) || inclusive && due.Equal(t))
		others := !arrival.IsZero() && !arrival.After(t)
		if mine && others {
			first := arrival.Before(due) || arrival.Equal(due) && !s.o.TimersFirst
			mine, others = !first, first
		}
		switch {
		case mine:
			s.clock(due)
			if err := s.wake(s.timers.first()); err != nil {
				return err
			}
		case others:
			s.clock(arrival)
			s.arrive(s.roads.pop())
		default:
			s.clock(t)
			return nil
		}
		if err := s.settle(); err != nil {
			return err
		}
	}
}

// clock sets the time, which never goes back.
func (s *Stage) clock(t time.Time) {
	if t.After(s.now) {
		s.now = t
	}
}

// wake fires the timers of a person.
func (s *Stage) wake(p *person) error {
	due := p.due
	s.effects(p, s.o.Engine.Fire(p.state, s.now), Cause{Kind: ByTimer, At: s.now, Due: due})
	s.timers.set(p, p.state.NextDue())
	if p.due.IsZero() || p.due.After(s.now) {
		p.again = 0
		return nil
	}
	if p.again++; p.again > maxRounds {
		return s.loop(p.id)
	}
	return nil
}

// apply applies an event at the present time.
func (s *Stage) apply(ev *event.Event) {
	if !s.o.Distinct && s.repeated(ev) {
		return
	}
	p := s.people[ev.Subject]
	if p == nil {
		p = &person{id: ev.Subject, state: journey.NewState(ev.Subject, ev.Time), slot: none}
		s.people[p.id] = p
	}
	s.o.Sink.Happened(Happening{Profile: p.id, Cause: Cause{Kind: ByEvent, At: s.now, Event: ev}})
	s.effects(p, s.o.Engine.Event(p.state, ev, s.now, ""), Cause{Kind: ByEvent, At: s.now, Event: ev})
	s.timers.set(p, p.state.NextDue())
	s.o.Suggest.Learn(ev)
}

// repeated reports whether the profile had the event before.
func (s *Stage) repeated(ev *event.Event) bool {
	sum := sha256.Sum256([]byte(ev.Subject + "\x00" + ev.UID()))
	key := uid(sum[:16])
	_, yes := s.seen[key]
	s.seen[key] = struct{}{}
	return yes
}

// settle applies what came back at this very time, until nothing more does.
func (s *Stage) settle() error {
	for rounds := 0; len(s.back) > 0; rounds++ {
		ev := s.back[0]
		if rounds == maxRounds {
			s.back = nil
			return s.loop(ev.Subject)
		}
		s.back = s.back[1:]
		s.apply(ev)
	}
	s.back = nil
	return nil
}

func (s *Stage) loop(profile string) error {
	return fmt.Errorf("profile %s at %s: %w", profile, s.now.Format(time.RFC3339), ErrLoop)
}
