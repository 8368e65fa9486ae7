package store

import (
	"context"
	"time"
)

// RestingDelta changes how many running instances of a journey's version rest on a step,
// in the transaction of the batch that moved them, so that the sums are exact. Step is
// empty for what rests on no step and still needs the version: an instance that ended and
// whose goal is waited for. A batch had better name each place once, for speed.
type RestingDelta struct {
	Journey, Version, Step string
	Delta                  int
}

// Resting is how many rest in one place, over all partitions. Count is never zero; it is
// negative when more were taken away than added, which is a mistake of whoever counts.
type Resting struct {
	Journey string `json:"journey"`
	Version string `json:"version"`
	Step    string `json:"step,omitempty"`
	Count   int    `json:"count"`
}

// ArmDelta adds to the measurement of one arm of an experiment: a split when Step names
// it; the journey as a whole when Step is empty (arms "sent" and "held out"). Ghost is the
// share of the arm's instances that are in the holdout, counted apart.
//
// Value is the sum of what the conversions were worth. It is kept in whole millionths (each
// delta rounded to the nearest), because integers add up to the same whatever the order of
// batches. A delta beyond a million million, or no number, counts as a million million or
// as nothing, and sums end at four million million: a measurement must never keep a batch
// from being applied.
type ArmDelta struct {
	Journey, Version, Step, Arm string
	Ghost                       bool
	Entered, Converted          int
	Value                       float64
}

// Arm is what was measured of one arm, over all partitions.
type Arm struct {
	Journey   string  `json:"journey"`
	Version   string  `json:"version"`
	Step      string  `json:"step,omitempty"`
	Arm       string  `json:"arm"`
	Ghost     bool    `json:"ghost,omitempty"`
	Entered   int     `json:"entered"`
	Converted int     `json:"converted"`
	Value     float64 `json:"value"`
}

// Winner is the arm that has won a split, or with an empty Step a journey's measurement.
type Winner struct {
	Journey string    `json:"journey"`
	Version string    `json:"version"`
	Step    string    `json:"step,omitempty"`
	Arm     string    `json:"arm"`
	At      time.Time `json:"at"`
	Detail  string    `json:"detail,omitempty"` // the figures on which it was decided
}

// Tallying is what is counted while batches are applied, and what follows from it.
type Tallying interface {
	// Resting returns all places where the count is not zero, by journey, version and step.
	Resting(ctx context.Context) ([]Resting, error)
	// Arms returns all arms that anything was measured of, by journey, version, step, arm,
	// and those without ghosts first.
	Arms(ctx context.Context) ([]Arm, error)
	// Decide makes an arm the winner of its experiment, and returns the winner that stands:
	// the first one stays, whoever decides again.
	Decide(ctx context.Context, w Winner) (Winner, error)
	// Winners returns all winners, in the order in which they were decided.
	Winners(ctx context.Context) ([]Winner, error)
}
