package script

import (
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/workspace/source"
)

// Test is one test, read and checked.
type Test struct {
	Name string
	File string
	Line int
	// Journeys are those that run; nil: all of the workspace.
	Journeys []string
	// Journey is the one that the test is about.
	Journey string
	Profile string
	Now     time.Time
	Zone    *time.Location // of the person, for showing times; nil: the shop's
	// Before is what happened to the person before Now, in order: it is known, and nothing
	// follows from it.
	Before []*event.Event
	Events []Given
	// Segments are those that the person is in, whatever their conditions say.
	Segments []string
	// Suggest is what the recommender answers; nil: what it has learnt from the orders.
	Suggest []journey.Suggestion
	suggest bool
	Changes []Change
	Arms    map[string]string // arm by split
	// Winners are arms that have won already, by split: who comes now takes them.
	Winners map[string]string
	Holdout bool // everybody is in the holdout
	// Drawn leaves holdouts to their hashes, as they are live; else nobody is in any.
	Drawn bool
	// Suppressed are the channels that the person must not be reached by, and why.
	Suppressed []profile.Block
	Deliver    []Fate
	Until      time.Time // how long time runs; zero: until nothing is left to happen
	Expect     []Expectation

	at source.Place
	in *source.File
}

// Given is an event that happens in a test.
type Given struct {
	Event *event.Event
	// At is when it is heard of: its own time, unless it is late.
	At time.Time
	// Of is the step whose latest message the event is about: its data gets message_id.
	Of string
}

// Change is another state of the workspace's files.
type Change struct {
	At    time.Time
	Files map[string]*string // nil: the file is gone
	at    source.Place
	in    *source.File
}

// Fate is what becomes of the messages of a step.
type Fate struct {
	Step    string // empty: of all
	Outcome message.Outcome
	Reason  message.Reason
	After   time.Duration
}

// Expectation is one line of expect.
type Expectation struct {
	Kind    Kind
	Text    string    // the expectation in words
	At      time.Time // zero: any time, after the one before
	Profile string    // empty: the test's
	Journey string    // empty: any

	Channel  message.Channel // of Sent and Blocked
	Template string
	Step     string // of Sent, Blocked and Arm
	Subject  string
	Contains []string
	Lacks    []string

	Name  string         // journey, reason, tag, title, segment, arm or type
	Data  map[string]any // traits that are set, properties of what is emitted
	Value *float64       // points, or what a conversion is worth

	at source.Place
	in *source.File
}

// Kind is what is expected, or what happened.
type Kind string

// The kinds of expectations and of lines in a timeline.
const (
	Sent         Kind = "sent"
	Blocked      Kind = "blocked"
	Failed       Kind = "failed"
	Entered      Kind = "entered"
	Left         Kind = "left"
	Finished     Kind = "finished"
	Moved        Kind = "moved"
	Set          Kind = "set"
	Tagged       Kind = "tagged"
	Untagged     Kind = "untagged"
	Emitted      Kind = "emitted"
	Task         Kind = "task"
	Awarded      Kind = "awarded"
	Joined       Kind = "joined"
	LeftSegment  Kind = "left_segment"
	Arm          Kind = "arm"
	Converted    Kind = "converted"
	NothingAfter Kind = "nothing_after"
	Nothing      Kind = "nothing"

	happened Kind = "event" // of a line: an event that the test gave
)
