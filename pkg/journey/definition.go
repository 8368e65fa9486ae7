package journey

import (
	"time"

	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

// Definition is one journey as the engine runs it: parsed, checked, and with its
// conditions compiled. It is immutable; Version identifies its content.
type Definition struct {
	Name     string
	Title    string
	Version  string // content hash, 16 hexadecimal digits; title and status are not part of it
	Category message.Category
	Purpose  string // what people must have agreed to; empty: the category's own name
	Priority int    // 0..100
	Status   Status
	Enter    Entry
	Leave    []LeaveRule
	Goal     *Goal
	Holdout  float64 // share of those who enter that walk along and get nothing, 0..1
	// OnChange says what this version does to those who are inside an older one, and Moves
	// where those rest in this one whose step has another id now (Migrate).
	OnChange    Change
	Moves       map[string]string
	Steps       []Step
	Lifetime    time.Duration // how long an instance may live; zero: DefaultLifetime
	MaxLateness time.Duration // how late a message may still be sent; zero: DefaultLateness
}

// DefaultLifetime ends instances that nothing else ended.
const DefaultLifetime = 365 * 24 * time.Hour

// DefaultLateness is how long after its time a message may still go out.
const DefaultLateness = 24 * time.Hour

// Status says whether a journey takes people in.
type Status string

// The statuses of a journey. Only active ones are entered; drafts and paused ones keep
// people where they are; archived ones let everybody go.
const (
	Draft    Status = "draft"
	Active   Status = "active"
	Paused   Status = "paused"
	Archived Status = "archived"
)

// Change is what a new version does to people inside an older one.
type Change string

// Drain lets them finish in the version they entered with, Migrate moves them to the step
// of the same id (or Moves) in the new one, Cancel ends their walk.
const (
	Drain   Change = "drain"
	Migrate Change = "migrate"
	Cancel  Change = "cancel"
)

// Condition is a compiled expression over a Scope. It is declared here, where it is
// used; package condition compiles them. A comparison with a missing value is false.
type Condition interface {
	Eval(s *Scope) (bool, error)
	String() string // the source text
}

// Value is a compiled expression with a text result, such as an entry's key.
type Value interface {
	Text(s *Scope) (string, error)
	String() string
}

// Expr is a compiled expression with any result: string, float64, bool, time.Time, a list
// or nil.
type Expr interface {
	Value(s *Scope) (any, error)
	String() string
}

// Entry says who enters and how often. Exactly one of On, Segment, Broadcast, Date and
// Prediction is set.
type Entry struct {
	On         string // event type
	Segment    *Membership
	Broadcast  *Broadcast
	Date       *Anniversary
	Prediction *Crossing

	If  Condition // nil: always
	Key Value     // nil: one instance per profile
	// Grace is how long after its event a failed If is asked again, on the profile's further
	// events, because a trait can arrive just after the event that needs it.
	Grace     time.Duration
	Again     Again
	Meanwhile Meanwhile
}

// Membership is the moment somebody becomes, or with Left stops being, a member.
type Membership struct {
	Segment string
	Left    bool
}

// Broadcast enters everybody of an audience at the times of Cron, or once At.
type Broadcast struct {
	Cron     *schedule.Cron
	At       time.Time // once; with Local its clock reading, in each profile's own zone
	Audience string    // a segment; empty: every known profile
	Local    bool      // in each profile's own zone instead of the shop's
	Over     time.Duration
}

// Anniversary enters every year on a date of the profile, in its own zone.
type Anniversary struct {
	Of     Expr // the date: a trait
	Offset int  // days
	At     schedule.Clock
}

// Crossing enters when a prediction crosses a threshold: from at most Threshold to above
// it, or with Falls from at least Threshold to below it.
type Crossing struct {
	Prediction string
	Falls      bool
	Threshold  float64
}

// Again limits re-entry, counted from the last entry with the same key. The zero value
// is never.
type Again struct {
	Always bool
	After  time.Duration // positive: once this long has passed since the last entry
}

// Meanwhile says what an entering event does while an instance with its key is running.
type Meanwhile string

// The choices for an entering event that meets a running instance.
const (
	Ignore   Meanwhile = "ignore"
	Restart  Meanwhile = "restart"
	Parallel Meanwhile = "parallel"
)

// LeaveRule ends an instance at once, also in the middle of a wait. Rules are asked in
// order; the first that holds names the reason.
type LeaveRule struct {
	On string    // event type; empty: asked on every event and timer
	If Condition // nil: always
	As string    // the reason recorded
}

// Goal is what a journey is for: an event within a time after entering. It is counted once
// for each instance, also after its end, and for the holdout alike.
type Goal struct {
	On     string
	If     Condition
	Within time.Duration
	Value  Expr // what it is worth; nil: nothing
	Leave  bool // reaching it ends the walk
	// Recalls is set when If reads the event that entered or what was sent: they
	// are then kept for as long as the goal may be reached, past the instance's end.
	Recalls bool
}
