package rehearsal

import (
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
)

// Sink is told everything that happens, in order.
type Sink interface{ Happened(h Happening) }

// Happening is an event that was applied, or something that the engine decided. What it
// points to must not be changed.
type Happening struct {
	Profile string
	// Effect is what was decided; nil: the event of the cause is about to be applied.
	Effect journey.Effect
	Cause  Cause
	// Answer is what was suggested, when Effect is a journey.Ask.
	Answer []journey.Suggestion
	// Delivery is what becomes of a message, when Effect is a journey.Message without Reason.
	Delivery Delivery
}

// Cause is what brought something about.
type Cause struct {
	Kind  Kind
	At    time.Time    // the time on stage
	Event *event.Event // of ByEvent
	Due   time.Time    // of ByTimer: when it was due
}

// Kind is a kind of cause.
type Kind string

// The kinds of causes.
const (
	ByEvent     Kind = "event"
	ByTimer     Kind = "timer"
	ByWorkspace Kind = "workspace" // a workspace came into force
	ByDelivery  Kind = "delivery"  // a message that took its time was looked at a last time
)

// silence is nobody's sink.
type silence struct{}

func (silence) Happened(Happening) {}

// effects tells what was decided, in the order of the orchestrator: what follows from an
// answer comes where it was asked for.
func (s *Stage) effects(p *person, effects []journey.Effect, by Cause) {
	for _, e := range effects {
		h := Happening{Profile: p.id, Effect: e, Cause: by}
		switch e := e.(type) {
		case journey.Ask:
			h.Answer = s.o.Suggest.Suggest(p.id, e.Query)
			s.o.Sink.Happened(h)
			s.effects(p, s.o.Engine.Answer(p.state, e.Instance, h.Answer, s.now), by)
		case journey.Message:
			if e.Reason == "" {
				h.Delivery = s.deliver(&e.Command)
			}
			s.o.Sink.Happened(h)
		case journey.Published:
			s.o.Sink.Happened(h)
			if ev := e.Event; !e.Quiet {
				s.back = append(s.back, &ev)
			}
		default:
			s.o.Sink.Happened(h)
		}
	}
}
