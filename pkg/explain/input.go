package explain

import (
	"time"

	"rapport/pkg/condition"
	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// Input is all that is known of a person's past.
type Input struct {
	Profile string
	// IDs are all of the person's, Profile among them, where there are several.
	IDs []string
	// Events in the order of their times, without those that the engine makes itself.
	Events []*event.Event
	// Phases are what was in force when, earliest first; the first from the beginning.
	Phases []Phase
	// Recorded are the messages that were really decided.
	Recorded []Recorded
	// Traces are trace ids by the ids of timeline rows: an event's uid, "entered/" and an
	// instance.
	Traces map[string]string
	// Until is where time stops; zero: at the last event.
	Until time.Time
	Notes []string
}

// Phase is a time in which one configuration was in force.
type Phase struct {
	From   time.Time
	Config journey.Config
}

// Recorded is a message that was really decided, and what became of it.
type Recorded struct {
	ID        string          `json:"id"`
	Journey   string          `json:"journey"`
	Instance  string          `json:"instance"`
	Step      string          `json:"step"`
	Channel   message.Channel `json:"channel"`
	Template  string          `json:"template"`
	DecidedAt time.Time       `json:"decided_at"`
	Outcome   message.Outcome `json:"outcome,omitempty"` // empty: a worker has it
	Reason    message.Reason  `json:"reason,omitempty"`
	Trace     string          `json:"trace,omitempty"`
}

// Part is a part of a condition: its text, the value it had, whether it held, and how deep
// it stands.
type Part struct {
	Text    string            `json:"text"`
	Saw     string            `json:"saw,omitempty"` // empty: nobody looked
	Verdict condition.Verdict `json:"verdict,omitempty"`
	Depth   int               `json:"depth,omitempty"`
}
