package journey

import (
	"time"

	"rapport/pkg/message"
)

// Definition is one journey as the engine runs it: parsed, checked, and with its
// conditions compiled. It is immutable; Version identifies its content.
type Definition struct {
	Name     string
	Title    string
	Version  string // content hash, 16 hexadecimal digits
	Category message.Category
	Priority int // 0..100
	Status   Status
	Enter    Entry
	Leave    []LeaveRule
	Steps    []Step
	Lifetime time.Duration // how long an instance may live; zero: DefaultLifetime
}

// DefaultLifetime ends instances that nothing else ended.
const DefaultLifetime = 365 * 24 * time.Hour

// Status says whether a journey takes people in.
type Status string

// The statuses of a journey. Only active ones are entered; paused ones keep people where
// they are.
const (
	Draft    Status = "draft"
	Active   Status = "active"
	Paused   Status = "paused"
	Archived Status = "archived"
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

// Entry says who enters and how often.
type Entry struct {
	On        string    // event type
	If        Condition // nil: always
	Key       Value     // nil: one instance per profile
	Again     Again
	Meanwhile Meanwhile
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
	On string    // event type; empty: asked on every event
	If Condition // nil: always
	As string    // the reason recorded
}

// Step is one step; exactly one of the pointer fields is set.
type Step struct {
	ID        string // unique within the journey; generated when the file gives none
	Wait      *Wait
	Recommend *Recommend
	Send      *Send
	Branch    *Branch
	Exit      *Exit
}

// Wait rests for a duration, counted in hours of 3,600 seconds and days of 24 hours.
type Wait struct {
	For time.Duration
}

// Recommend asks for products; with fewer than Min the instance takes Otherwise.
type Recommend struct {
	From     []string // bought_together, category_popular, store_popular, in this order
	Min, Max int
	// Otherwise runs when there are too few. Empty: the instance goes on with the next step.
	Otherwise []Step
}

// Send decides one message.
type Send struct {
	Channel  message.Channel
	Template string
}

// Branch runs the steps of the first case whose condition holds; a nil condition is else.
type Branch struct {
	Cases []Case
}

// Case is one arm of a branch.
type Case struct {
	If    Condition
	Steps []Step
}

// Exit ends the instance with a reason.
type Exit struct {
	Reason string
}
