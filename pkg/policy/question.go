package policy

import (
	"time"

	"rapport/pkg/message"
	"rapport/pkg/schedule"
)

// question is a request with what several checks need of it.
type question struct {
	p    *Policy
	r    Request
	kind Kind // of the message, as it would be noted
	over *Cap // the first that objected
}

func (p *Policy) question(r Request) *question {
	if p == nil {
		p = &Policy{}
	}
	return &question{p: p, r: r, kind: kindOf(r.Channel, r.Category, r.Purpose, r.Journey)}
}

// exempt reports whether the message answers something the person did: such messages need
// no consent to marketing and wait for nothing.
func (q *question) exempt() bool { return q.r.Category == message.Transactional }

// verdict is the answer when a check objects.
func (q *question) verdict(c check) Verdict {
	v := Verdict{Reason: c.reason}
	if c.passes || c.reason == message.ReasonSuppressed && q.spared() {
		v.Until = q.until()
	}
	if q.over != nil { // found already, and many messages meet a cap
		v.Rule = q.over.Describe()
		return v
	}
	for _, told := range c.tell(q) {
		if told.Answer == Blocked {
			v.Rule = told.Rule
			break
		}
	}
	return v
}

// spared reports whether what closes the channel ends by itself.
func (q *question) spared() bool {
	b, ok := q.r.Profile.Barred(q.r.Channel, q.r.Category, q.r.Now)
	return ok && !b.Until.IsZero()
}

// maxRounds bounds the search for a time that suits caps and quiet hours alike. Each round
// passes a message in the log or a night.
const maxRounds = 1000

// rested is the earliest time from now on at which a pause is over, the person's or that of a
// full mailbox.
func (q *question) rested() time.Time {
	at := q.r.Now
	if q.exempt() {
		return at
	}
	if until := q.r.Profile.PausedUntil; until.After(at) {
		at = until
	}
	if b, ok := q.r.Profile.Barred(q.r.Channel, q.r.Category, q.r.Now); ok && b.Until.After(at) {
		at = b.Until
	}
	return at
}

// until is the earliest time from now on at which no pause, no cap and no quiet hours object;
// zero when there is none.
func (q *question) until() time.Time {
	var space [8]count // most shops have fewer caps, and need no other memory
	counts := space[:0]
	for c := range q.caps {
		if c.covers(&q.kind) {
			counts = append(counts, c.newCount(q))
		}
	}
	at := q.rested()
	for range maxRounds {
		before := at
		for i := range counts {
			room, ok := counts[i].room(at.UnixNano())
			if !ok {
				return time.Time{}
			}
			if wait := time.Duration(room - at.UnixNano()); wait > 0 {
				at = at.Add(wait)
			}
		}
		_, at = q.quiet(at)
		if at.Equal(before) {
			return at
		}
	}
	return time.Time{}
}

// quiet reports whether the channel is quiet at a time where the person is, and until when.
func (q *question) quiet(at time.Time) (quiet bool, ends time.Time) {
	w, ok := q.p.Quiet[q.r.Channel]
	if !ok || q.exempt() {
		return false, at
	}
	return schedule.Strictest(w, at, q.zones())
}

// zones are where the person may be, the likeliest first, from the traits timezone, phone
// and country; the shop's when these tell nothing.
func (q *question) zones() []*time.Location {
	fallback := q.p.Zone
	if fallback == nil {
		fallback = time.UTC
	}
	p := q.r.Profile
	return schedule.Zones(p.Trait("timezone"), p.Trait("phone"), p.Trait("country"), fallback)
}
