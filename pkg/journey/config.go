package journey

import (
	"time"

	"rapport/pkg/policy"
)

// Config is all that decides what happens to people: a workspace, as the engine needs it.
type Config struct {
	Version string    // of the workspace as a whole, a content hash
	Since   time.Time // when it came into force; broadcasts due before are not sent
	// Journeys are the versions in force, and Old those that people may still be inside of.
	Journeys, Old []*Definition
	// Segments come in an order in which each asks only for earlier ones.
	Segments []*Segment
	Policy   *policy.Policy // nil: no caps, no quiet hours, no global holdout
	Loyalty  Loyalty
	// Winners are the arms that have won their splits.
	Winners map[Experiment]string
	// Zone is the shop's, for profiles whose own is not known; nil: UTC.
	Zone *time.Location
}

// Experiment names a split: a step of a version of a journey.
type Experiment struct {
	Journey, Version, Step string
}

// Segment is a group that people belong to for as long as a condition holds.
type Segment struct {
	Name    string
	Title   string
	Version string // content hash
	If      Condition
	Reads   Reads
}

// Reads says what a condition looks at, so that it is asked again only when that changed.
type Reads struct {
	Events   []string // types of events in whose history it looks
	Profile  bool     // traits, consent, tags, loyalty, predictions
	Segments []string
}

// Loyalty is a programme: what earns points, and which tiers they reach.
type Loyalty struct {
	Earn  []Earning
	Tiers []Tier // by From, ascending
}

// Earning gives points for an event, rounded down to whole ones.
type Earning struct {
	On     string
	If     Condition
	Points Expr
}

// Tier is reached with so many points, and lost below them.
type Tier struct {
	Name string
	From int64
}
