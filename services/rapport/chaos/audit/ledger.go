package audit

import "time"

// Ledger is everything that the judgement rests on.
type Ledger struct {
	Offers    []Offer
	Events    []Stored  // of EVENTS, in its order
	Commands  []Command // of SEND, in its order
	Applied   []Applied
	Profiles  []Profile
	Messages  []Message
	HandOvers []HandOver // in order of time
	Broken    []Broken
	Leftovers Leftovers
	Expected  []Expectation
	Shared    []string // names of what all workers depend on: nodes, routes, the database
}

// Offer is an event that a producer told.
type Offer struct {
	UID, Profile, Type string
	N                  int  // its place among the profile's
	Accepted           bool // a door said 200
}

// Stored is a message of the stream EVENTS.
type Stored struct {
	Seq                       uint64
	At                        time.Time // by the broker
	Told                      time.Time // when it happened, says the event
	Partition                 int
	UID, Profile, Type, Order string
	MessageID, Outcome        string // of receipts
	About                     string // the message of which a worker tells more: that it bounced
}

// Command is a message of the stream SEND.
type Command struct {
	Seq                                 uint64
	At                                  time.Time
	ID, Profile, Journey, Order, Worker string // Worker: who sends the channel, such as mailer
}

// Applied is an event's row in the timeline, how often it is there, and its place in the order
// in which rows were written.
type Applied struct {
	UID, Profile, Type string
	N                  int64
	Rows               int
}

// Profile is a row of profiles: the column that counts orders, and the trait that the last
// identification set.
type Profile struct {
	ID     string
	Orders int
	Step   int // -1: none
}

// Message is a row of decided messages.
type Message struct {
	ID, Profile, Journey, Channel, Category string
	Outcome, Reason                         string
	Resent                                  bool
}

// HandOver is what a server outside saw of one attempt.
type HandOver struct {
	Message  string
	Worker   string // mailer-1
	Began    time.Time
	At       time.Time
	Accepted bool
	Answered bool // the server said what became of it
}

// Broken is something that was broken for a time. To is when it was whole again.
type Broken struct {
	From, To time.Time
	What     string
	Hits     []string // names of processes, nodes and links
}

// Leftovers is what should be nothing at the end.
type Leftovers struct {
	Lag       map[int]uint64 // events not applied, by partition
	Outbox    int            // rows not relayed
	Wakes     int            // profiles that wait for a timer
	Unread    map[string]int // messages of SEND not acknowledged, by consumer
	DeadMails []string       // subjects of dead letters
}

// Expectation says that each event of a type makes a journey decide one message.
type Expectation struct {
	Type    string
	Journey string
	Ordered bool // at once, and so in the order of the events
}

// Violation is one breach.
type Violation struct {
	Rule string `json:"rule"`
	What string `json:"what"`
}

// Counts are what was counted on the way.
type Counts struct {
	Offered    int            `json:"offered"`
	Accepted   int            `json:"accepted"`
	Perhaps    int            `json:"perhaps"` // offered, not accepted, and there all the same
	Stored     int            `json:"stored"`
	Repeated   int            `json:"repeated"` // stored more than once under one id, applied once
	Applied    int            `json:"applied"`
	Decided    int            `json:"decided"`
	Outcomes   map[string]int `json:"outcomes"`
	HandOvers  int            `json:"hand_overs"`
	Taken      int            `json:"taken"`
	Duplicates int            `json:"duplicates"` // taken once more than once
	Explained  int            `json:"explained"`  // of these
	Unanswered int            `json:"unanswered"` // of those explained: the server took the first and was silent
	Uncertain  int            `json:"uncertain"`
	Resent     int            `json:"resent"`
}

// Verdict is what the judgement comes to.
type Verdict struct {
	Counts     Counts      `json:"counts"`
	Violations []Violation `json:"violations"`
}

// Rules are the names of all that is judged.
func Rules() []string {
	return []string{
		"stored", "applied", "applied-once", "nothing-invented", "effects-once", "order-told", "order-applied", "order-state",
		"decided", "outcome", "no-undecided-send", "sent-is-taken", "taken-is-sent", "no-duplicates", "uncertain-explained", "nothing-left",
	}
}
