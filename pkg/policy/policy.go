package policy

import (
	"time"

	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

// Policy is the rules of a shop about its messages. It is not changed once it is in use,
// and is then safe for concurrent use. The zero Policy, and a nil one, have no caps, no
// quiet hours and no control group.
type Policy struct {
	Caps    []Cap
	Reserve *Reserve // nil: every slot of a cap is open to all
	// Quiet are the hours of each day in which nobody is written to, by channel, on the
	// clock where the person is. A channel without any is never quiet.
	Quiet map[message.Channel]schedule.Window
	// Holdout is the share of people, 0..1, in the control group, who get no marketing.
	// HoldoutSalt decides who they are; another salt draws another group.
	Holdout     float64
	HoldoutSalt string
	// Purposes are what people can be asked to agree to; empty: any. Titles are what they are
	// called where people choose, by name; a purpose without any is shown by its name.
	Purposes []string
	Titles   map[string]Title
	// DoubleOptIn are the purposes, by channel, to which a yes counts only once the person has
	// confirmed it: by a link that was sent to the address, say.
	DoubleOptIn map[message.Channel][]string
	// WriteLess is what marketing people get who asked for less; nil: DefaultWriteLess.
	WriteLess *Limit
	// Zone is the shop's, for people of whom nothing tells theirs; nil: UTC.
	Zone      *time.Location
	Throttles []Throttle
	// LateAfter is how old an event may be when it comes and still begin something: an older
	// one counts, and nobody is written to because of it. Zero: DefaultLateAfter.
	LateAfter time.Duration
}

// DefaultLateAfter is how old an event may be when it comes and still begin something.
const DefaultLateAfter = day

// Late reports whether an event of a time is late now. A nil policy has the default.
func (p *Policy) Late(at, now time.Time) bool {
	after := DefaultLateAfter
	if p != nil && p.LateAfter > 0 {
		after = p.LateAfter
	}
	return now.Sub(at) > after
}

// Title is what a purpose is called, and what it is about, by locale such as en or de-AT.
type Title struct{ Title, Description map[string]string }

// Request is one message that a journey wants to send.
type Request struct {
	Profile  *profile.Profile
	Channel  message.Channel
	Category message.Category
	// Purpose is what the person must have agreed to; empty: the category's own name.
	Purpose  string
	Journey  string
	Instance string
	Step     string
	Priority int // 0..100, of the journey
	Now      time.Time
	Log      *Log // what was sent lately; nil: nothing
	// Ghost is set in the holdout arm of a journey, which walks along and gets nothing.
	Ghost bool
	// Left is set when the person has left the journey since it asked for the message.
	Left bool
}

// Verdict is the answer to a Request.
type Verdict struct {
	Reason message.Reason // why not; empty: the message goes
	// Until is the earliest time at which asking again can succeed: a pause and quiet hours are
	// over and every cap has room, as far as is known now. Zero: waiting does not help.
	Until time.Time
	Rule  string // what objected, in words for people
	// Checks are all questions in the order in which they are asked; only from Explain.
	Checks []Check
}

// Decide returns the reason against a message of a shop without rules of its own; empty
// means that it goes.
func Decide(r Request) message.Reason { return (*Policy)(nil).Decide(r).Reason }

// Decide says whether the message goes out. The first question in the order of the package
// that objects gives the reason. Decide notes nothing: whoever sends, notes it in the Log.
func (p *Policy) Decide(r Request) Verdict {
	q := p.question(r)
	for _, c := range checks {
		if c.objects(q) {
			return q.verdict(c)
		}
	}
	return Verdict{}
}

// Explain decides as Decide does, and tells what every question saw, those after the first
// objection too.
func (p *Policy) Explain(r Request) Verdict {
	v := p.Decide(r)
	q := p.question(r)
	for _, c := range checks {
		v.Checks = append(v.Checks, c.tell(q)...)
	}
	return v
}

// Horizon is how long a Log has to remember what was sent: the longest window of a cap, and
// a month more, so that neither a longer window in a new policy nor a clock that is set back
// finds a hole.
func (p *Policy) Horizon() time.Duration {
	var longest time.Duration
	if p != nil {
		for i := range p.Caps {
			longest = max(longest, p.Caps[i].Per)
		}
		if p.WriteLess != nil { // The default one is shorter than a month.
			longest = max(longest, p.WriteLess.Per)
		}
	}
	return longest + 30*day
}

const day = 24 * time.Hour
