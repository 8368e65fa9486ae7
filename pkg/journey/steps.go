package journey

import (
	"time"

	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

// Step is one step; exactly one of the pointer fields is set.
type Step struct {
	ID        string // unique within the journey; generated when the file gives none
	Wait      *Wait
	Recommend *Recommend
	Send      *Send
	Branch    *Branch
	Split     *Split
	Set       *Assign
	Tag       *Tag
	Award     *Award
	Survey    *Survey
	Task      *Task
	Emit      *Emit
	Exit      *Exit
}

// Wait rests. First come the times: For, then Then's local time and weekday, or Date.
// Events and Until end it earlier; with them, a wait that has no time of its own lasts
// AtMost. Nil Pause and Date with Events or Until is a wait for those alone.
type Wait struct {
	Pause *schedule.Wait // a duration, then a local time on some weekdays
	Date  *DateWait
	// Events are what is waited for; the first that matches takes its arm.
	Events []WaitEvent
	// Until is a condition that ends the wait; asked at once, and whenever the profile
	// changes or its answer could.
	Until  Condition
	AtMost time.Duration // limit for Events and Until; zero: as long as the instance lives
	// Otherwise runs when AtMost has passed, or when Date is missing.
	Otherwise []Step
}

// DateWait waits for the date of a trait, in the profile's zone. A date that is past, or
// missing without an Otherwise, waits not at all.
type DateWait struct {
	Of     Expr
	Offset int // days
	At     schedule.Clock
}

// WaitEvent is one event that ends a wait.
type WaitEvent struct {
	On    string
	If    Condition
	Steps []Step
	Leave string // a reason: the event ends the instance
}

// Recommend asks for products; with fewer than Min the instance takes Otherwise.
type Recommend struct {
	Basis    Basis
	From     []string // bought_together, category_popular, store_popular, in this order
	Min, Max int
	// Otherwise runs when there are too few. Empty: the instance goes on with the next step.
	Otherwise []Step
}

// Basis says from which products recommendations start.
type Basis string

// The bases of recommendations: the event that entered, or all that the person bought.
const (
	BasisTrigger Basis = "trigger.products"
	BasisBought  Basis = "profile.orders.bought"
)

// Send decides one message.
type Send struct {
	Channel  message.Channel
	Template string
	Blocked  Blocked
	FallBack *FallBack // nil: whether it arrives changes nothing
}

// Blocked says what happens to a message that may not go out now. The zero value defers
// for DefaultDeferral where the reason passes by itself at a known time of day (quiet
// hours), and drops otherwise.
type Blocked struct {
	Drop        bool
	DeferAtMost time.Duration
	Instead     *Send // another message in its place; its own Blocked is not asked
}

// DefaultDeferral is how long quiet hours may hold a message back that says nothing else.
const DefaultDeferral = 24 * time.Hour

// Branch runs the steps of the first case whose condition holds; a nil condition is else.
type Branch struct {
	Cases []Case
}

// Case is one arm of a branch.
type Case struct {
	If    Condition
	Steps []Step
}

// Split runs one arm, chosen by a hash of profile, journey and step: the same forever, and
// the same for everybody who has the files.
type Split struct {
	Arms   []Arm
	Winner *Winner
}

// Arm is one way of a split. Weights are relative.
type Arm struct {
	Name   string
	Weight float64
	Steps  []Step
}

// Winner ends an experiment: once every arm has After instances and one is better with
// Confidence, all who come later take it.
type Winner struct {
	Metric     string  // "goal"
	After      int     // instances of each arm
	Confidence float64 // 0..1
}

// Assign sets traits, in order.
type Assign struct {
	Traits []Assignment
}

// Assignment is one trait; a missing value removes it.
type Assignment struct {
	Trait string
	Value Expr
}

// Tag adds tags to the profile and takes others off.
type Tag struct {
	Add, Remove []string
}

// Award gives loyalty points; negative ones take.
type Award struct {
	Points Expr
	Reason string
}

// Survey sends a question. The answer comes back as survey.answered.
type Survey struct {
	Name string
	Send Send
}

// Task asks a person of the shop to do something, as the event task.created.
type Task struct {
	Title, Note, Assignee Expr // nil: nothing
}

// Emit publishes an event about the profile.
type Emit struct {
	Type string
	Data []Assignment // properties
}

// Exit ends the instance with a reason.
type Exit struct {
	Reason string
}
