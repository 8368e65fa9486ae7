package script

import (
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/policy"
)

// notes are what the engine asked and did, for hints and for coverage. It implements
// journey.Observer.
type notes struct {
	rec     *record
	cover   *Cover
	event   *event.Event // being applied; nil on a timer
	asked   []question
	stepped []coming
	judged  []judgment
	refused []refusal
}

// maxNotes bounds each sort of note; a test that makes more is hinted at by the first ones.
const maxNotes = 5000

// question is a condition that was asked.
type question struct {
	at       time.Time
	profile  string
	journey  string
	segment  string
	instance string
	place    string
	source   string
	holds    bool
	saw      []string
}

// coming is an instance that came to a step.
type coming struct {
	at                      time.Time
	instance, journey, step string
}

// judgment is what policy said about a message.
type judgment struct {
	at            time.Time
	journey, step string
	verdict       policy.Verdict
}

// refusal is an entry that did not happen.
type refusal struct {
	at              time.Time
	journey, reason string
}

// Asked notes a condition's answer and what it saw.
func (n *notes) Asked(q journey.Question) {
	if !n.rec.on {
		return
	}
	if n.cover != nil {
		n.cover.asked(q)
	}
	if len(n.asked) >= maxNotes {
		return
	}
	k := question{
		at: q.Scope.Now, journey: q.Journey, segment: q.Segment, instance: q.Instance, place: q.Place, holds: q.Holds,
	}
	if q.Scope.Profile != nil {
		k.profile = q.Scope.Profile.ID
	}
	if q.Condition != nil {
		k.source = strings.Join(strings.Fields(q.Condition.String()), " ")
		if !q.Holds {
			k.saw = saw(q.Condition, q.Scope)
		}
	}
	n.asked = append(n.asked, k)
}

// Stepped notes where an instance is.
func (n *notes) Stepped(in *journey.Instance, step string, at time.Time) {
	if !n.rec.on {
		return
	}
	if n.cover != nil {
		n.cover.stepped(in, step, n.event)
	}
	if len(n.stepped) < maxNotes {
		n.stepped = append(n.stepped, coming{at: at, instance: in.ID, journey: in.Journey, step: step})
	}
}

// Judged notes what policy said.
func (n *notes) Judged(in *journey.Instance, step string, v policy.Verdict, at time.Time) {
	if n.rec.on && len(n.judged) < maxNotes {
		n.judged = append(n.judged, judgment{at: at, journey: in.Journey, step: step, verdict: v})
	}
}

// Refused notes an entry that did not happen.
func (n *notes) Refused(name, _, reason string, at time.Time) {
	if n.rec.on && len(n.refused) < maxNotes {
		n.refused = append(n.refused, refusal{at: at, journey: name, reason: reason})
	}
}
