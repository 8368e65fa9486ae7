package journey

import (
	"time"

	"rapport/pkg/policy"
)

// Observer is told what the engine asks and does, for tests' coverage and explanations. It
// must not change what it is shown, nor keep it: states go on changing.
type Observer interface {
	// Asked is called for every condition that was evaluated.
	Asked(q Question)
	// Stepped is called when an instance comes to a step, before the step does anything.
	Stepped(in *Instance, step string, at time.Time)
	// Judged is called for every message that policy was asked about, also when it is put off.
	Judged(in *Instance, step string, v policy.Verdict, at time.Time)
	// Refused is called when an entry does not happen though its condition holds, or there is
	// none: the reason is one of the Refused constants.
	Refused(journey, key, reason string, at time.Time)
}

// Question is one condition and its answer.
type Question struct {
	Journey, Version string
	Instance         string // empty before there is one
	Segment          string // instead of Journey
	Place            string // "enter", "leave 2", "branch welcome 1", "wait reaction 1", "goal", "until reaction"
	Condition        Condition
	Scope            *Scope
	Holds            bool
	Err              error // stopped for its cost; the answer is then no
}

// The reasons of entries that do not happen.
const (
	RefusedAgain     = "entered before"  // again: does not allow another entry yet
	RefusedMeanwhile = "running already" // meanwhile: ignore
	RefusedLate      = "too late"        // its time was too long ago, or its event is late
	RefusedFull      = "too many inside" // the person is inside maxInside journeys, or one that often
)
