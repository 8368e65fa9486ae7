package explain

import (
	"time"

	"rapport/pkg/message"
)

// Report is what happened to a person, as far as it was asked for.
type Report struct {
	Profile string    `json:"profile"`
	IDs     []string  `json:"ids,omitempty"`     // all of the person's, where there are several
	Journey string    `json:"journey,omitempty"` // empty: all
	Message string    `json:"message,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Moments []Moment  `json:"moments"`
	// Missing are messages that were recorded and that the replay does not decide.
	Missing []Recorded `json:"missing,omitempty"`
	Notes   []string   `json:"notes,omitempty"`
	Answer  string     `json:"answer"`
}

// Moment is one input and what came of it.
type Moment struct {
	At    time.Time `json:"at"`
	Cause string    `json:"cause"` // an event's type, "timer" or "workspace"
	// Event is the uid of an event; of a workspace its version.
	Event string `json:"event,omitempty"`
	Trace string `json:"trace,omitempty"`
	Lines []Line `json:"lines"`
}

// Line is one thing that was asked or decided.
type Line struct {
	Kind     Kind   `json:"kind"`
	Journey  string `json:"journey,omitempty"`
	Version  string `json:"version,omitempty"`
	Instance string `json:"instance,omitempty"`
	Step     string `json:"step,omitempty"`
	Segment  string `json:"segment,omitempty"`
	Place    string `json:"place,omitempty"` // where a condition stands
	// Text is the condition, or what happened in words.
	Text  string `json:"text"`
	Holds *bool  `json:"holds,omitempty"`
	Parts []Part `json:"parts,omitempty"`
	// Until is when a wait ends, or a message is tried again; zero: not by itself.
	Until   time.Time       `json:"until,omitzero"`
	Message string          `json:"message,omitempty"`
	Channel message.Channel `json:"channel,omitempty"`
	Reason  message.Reason  `json:"reason,omitempty"`
	Rule    string          `json:"rule,omitempty"` // what objected
	Checks  []Check         `json:"checks,omitempty"`
	// Really is what was recorded of the message; nil: nothing was.
	Really *Recorded `json:"really,omitempty"`
	Trace  string    `json:"trace,omitempty"`
}

// Check is one question of policy and what it saw.
type Check struct {
	Reason message.Reason `json:"reason"`
	Answer string         `json:"answer"` // passed, blocked or exempt
	Rule   string         `json:"rule"`
	Saw    string         `json:"saw"`
}

// Kind is what a line is about.
type Kind string

// The kinds of lines.
const (
	Asked     Kind = "asked" // a condition
	Refused   Kind = "refused"
	Entered   Kind = "entered"
	Step      Kind = "step"
	Resting   Kind = "resting"
	PutOff    Kind = "put off"
	Message   Kind = "message"
	Left      Kind = "left"
	Finished  Kind = "finished"
	Moved     Kind = "moved"
	Arm       Kind = "arm"
	Converted Kind = "converted"
	Joined    Kind = "segment"
	Made      Kind = "made" // an event of the engine's
	Question  Kind = "recommend"
)
