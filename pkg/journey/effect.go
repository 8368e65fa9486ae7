package journey

import (
	"time"

	"rapport/pkg/message"
)

// Effect is something that the engine decided and that others have to carry out or
// record: one of Entered, Ended, Message, Ask.
type Effect interface{ effect() }

// Entered says that an instance began.
type Entered struct {
	Instance, Journey, Version string
	At                         time.Time
}

// Ended says that an instance is over: it finished, or left for a reason.
type Ended struct {
	Instance, Journey, Version, Step string
	Finished                         bool
	Reason                           string // of leaving
	At                               time.Time
}

// Message is a decided message. With a Reason it is kept back and only recorded.
type Message struct {
	Command message.Command
	Reason  message.Reason
	Trigger *Trigger // of the instance, for linking traces
}

// Ask wants suggestions for an instance that rests until Set.Answer.
type Ask struct {
	Instance string
	Query    Query
}

// Query is what a recommend step wants to know.
type Query struct {
	AsOf     time.Time // only what was known before
	Basket   []string  // what was bought
	Exclude  []string  // never suggest these: what the profile has already
	From     []string  // sources, best first
	Min, Max int
}

func (Entered) effect() {}
func (Ended) effect()   {}
func (Message) effect() {}
func (Ask) effect()     {}
