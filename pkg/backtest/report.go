package backtest

import (
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
)

// Report is what a workspace would have done.
type Report struct {
	Workspace string    `json:"workspace"` // version
	Source    string    `json:"source,omitempty"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`
	// Events after Since, and Before before it; Profiles that were there at the end.
	Events   int `json:"events"`
	Before   int `json:"events_before"`
	Profiles int `json:"profiles"`
	Sent     int `json:"sent"`

	Journeys []Journey    `json:"journeys"` // in the order of names
	Days     []Day        `json:"days"`     // those on which something was sent
	Blocked  []Blocked    `json:"blocked"`
	Capped   Capped       `json:"capped"`
	Messages Distribution `json:"messages_per_person"`
	Overlap  []Overlap    `json:"overlap"`
	Against  []Difference `json:"difference"` // nil: nothing real to compare with
	Notes    []string     `json:"notes,omitempty"`
	Seconds  float64      `json:"seconds"`
	PerSec   float64      `json:"events_per_second"`
}

// Journey is what one journey would have done.
type Journey struct {
	Journey  string         `json:"journey"`
	Title    string         `json:"title"`
	Status   journey.Status `json:"status"`
	Entered  int            `json:"entered"`
	People   int            `json:"people"`   // different ones who entered
	HeldOut  int            `json:"held_out"` // of Entered
	Finished int            `json:"finished"`
	Left     []Left         `json:"left"`
	Inside   int            `json:"inside"` // at the end
	Sent     []ChannelCount `json:"sent"`
	// Reached is how often its goal was reached by what people did anyway.
	Reached  int          `json:"goals_reached"`
	HasGoal  bool         `json:"has_goal"`
	Expected *Expectation `json:"expected,omitempty"` // nil: no goal, or no past to expect from
}

// Left is how many left for a reason.
type Left struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// ChannelCount is how many messages a channel has.
type ChannelCount struct {
	Channel message.Channel `json:"channel"`
	Count   int             `json:"count"`
}

// Day is what would have been sent on a day.
type Day struct {
	Date  string     `json:"date"` // 2006-01-02
	Sends []DaySends `json:"sends"`
}

// DaySends is how many messages of a journey go out by a channel on a day.
type DaySends struct {
	Journey string          `json:"journey"`
	Channel message.Channel `json:"channel"`
	Count   int             `json:"count"`
}

// Blocked is how many messages are kept back for a reason, and of how many people.
type Blocked struct {
	Journey string          `json:"journey"`
	Channel message.Channel `json:"channel"`
	Reason  message.Reason  `json:"reason"`
	Count   int             `json:"count"`
	People  int             `json:"people"`
}

// Capped is what caps kept back: the messages beyond what a cap allows.
type Capped struct {
	People   int          `json:"people"`
	Messages int          `json:"messages"`
	Most     []PersonMany `json:"most"` // those with the most, at most ten
}

// PersonMany is a person with how many messages.
type PersonMany struct {
	Profile string `json:"profile"`
	Count   int    `json:"count"`
}

// Distribution is how many messages people get, of those who get any. P50 and P95 are
// nearest ranks.
type Distribution struct {
	People    int      `json:"people"`
	P50       int      `json:"p50"`
	P95       int      `json:"p95"`
	Max       int      `json:"max"`
	Histogram []Bucket `json:"histogram"`
}

// Bucket is how many people get so many messages.
type Bucket struct {
	Messages int `json:"messages"`
	People   int `json:"people"`
}

// Overlap is how many people are in two journeys at one time.
type Overlap struct {
	A      string `json:"a"`
	B      string `json:"b"`
	People int    `json:"people"`
}

// Difference compares with what was really sent. A message is the same when it comes from
// the same step to the same person within a day.
type Difference struct {
	Journey  string          `json:"journey"`
	Channel  message.Channel `json:"channel"`
	Same     int             `json:"same"`
	OnlyReal int             `json:"only_real"`
	OnlyHere int             `json:"only_back_test"`
}
