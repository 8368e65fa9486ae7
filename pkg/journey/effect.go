package journey

import (
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// Effect is something that the engine decided and that others have to carry out or
// record: one of Entered, Ended, Message, Ask, Joined, Armed, Converted, Published, Moved.
type Effect interface{ effect() }

// Entered says that an instance began.
type Entered struct {
	Instance, Journey, Version string
	Ghost                      bool // in the holdout: walks along and gets nothing
	At                         time.Time
}

// Ended says that an instance is over: it finished, or left for a reason.
type Ended struct {
	Instance, Journey, Version, Step string
	Finished                         bool
	Reason                           string // of leaving
	Ghost                            bool
	At                               time.Time
}

// Moved says that an instance goes on in another version of its journey.
type Moved struct {
	Instance, Journey, From, To, Step string
	At                                time.Time
}

// Joined says that the profile became a member of a segment, or with Left stopped being
// one. Filled is set when the segment was new or had changed: people were sorted into it,
// and nothing happened to them.
type Joined struct {
	Segment      string
	Left, Filled bool
	Heard        bool // a journey may listen to it
	At           time.Time
	Again        int // how often this has happened before at this very instant
}

// Armed says which arm of a split an instance took.
type Armed struct {
	Instance, Arm string
	Experiment    Experiment
	Ghost         bool
	At            time.Time
}

// Converted says that an instance, running or ended, reached its journey's goal.
type Converted struct {
	Instance, Journey, Version string
	Event                      string // its uid
	Value                      float64
	Arms                       []ArmRef
	Ghost                      bool
	At                         time.Time
}

// ArmRef is an arm that an instance took.
type ArmRef struct {
	Step string `cbor:"1,keyasint"`
	Arm  string `cbor:"2,keyasint"`
}

// Published is an event about the profile that the engine itself makes: a journey emits it,
// asks for a task, awards points. Its id is derived, so making it again makes no second one.
// What it says about the profile is in the profile already.
type Published struct {
	Event   event.Event
	Trigger *Trigger // of the instance; nil: of none
	// Quiet is set when no journey would hear it: it is recorded, and need not come back.
	Quiet bool
}

// Message is a decided message. With a Reason it is kept back and only recorded.
type Message struct {
	Command message.Command
	Reason  message.Reason
	Verdict policy.Verdict // of which Reason is the short form
	Trigger *Trigger       // of the instance, for linking traces
}

// Ask wants suggestions for an instance that rests until Set.Answer. In a list it comes after all other effects.
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

func (Entered) effect()   {}
func (Ended) effect()     {}
func (Message) effect()   {}
func (Ask) effect()       {}
func (Moved) effect()     {}
func (Joined) effect()    {}
func (Armed) effect()     {}
func (Converted) effect() {}
func (Published) effect() {}
