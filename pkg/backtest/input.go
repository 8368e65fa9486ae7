package backtest

import (
	"iter"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/rehearsal"
)

// Input is what a back-test is made of. Events and Config are required.
type Input struct {
	// Events in the order of their times, each once.
	Events iter.Seq2[*event.Event, error]
	Config journey.Config // the changed workspace
	// Since is when the workspace comes into force; zero: at the first event.
	Since time.Time
	// Until is where time stops; zero: at the last event. Later events are left out.
	Until   time.Time
	Suggest rehearsal.Suggester // answers recommend steps; nil: nobody
	// Recorded are the messages that were really decided in the same time, in any order; nil:
	// nothing is known of them, and there is no difference to tell.
	Recorded iter.Seq2[Recorded, error]
	// Past is what was measured of journeys so far, by name.
	Past  map[string]Past
	Zone  *time.Location // of days; nil: UTC
	Notes []string
}

// Recorded is a message that was really decided and not kept back.
type Recorded struct {
	Profile, Journey, Step string
	Channel                message.Channel
	At                     time.Time
}

// Past is how many entered a journey and reached its goal, of those who got its messages
// and of those held out.
type Past struct {
	Entered, Converted, HeldOut, HeldOutConverted int
}
