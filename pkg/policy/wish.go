package policy

import (
	"fmt"
	"slices"
	"time"

	"rapport/pkg/message"
)

// Limit is how many messages in so long a time.
type Limit struct {
	AtMost int
	Per    time.Duration
}

// DefaultWriteLess is what people get who asked for less, where a policy does not say.
func DefaultWriteLess() Limit { return Limit{AtMost: 1, Per: 14 * day} }

// fewer is the cap of a person who asked for less; it stands beside those of the policy.
func (p *Policy) fewer() *Cap {
	l := DefaultWriteLess()
	if p.WriteLess != nil {
		l = *p.WriteLess
	}
	return &Cap{Category: message.Marketing, AtMost: l.AtMost, Per: l.Per, asked: true}
}

// caps are those that the question has to pass.
func (q *question) caps(yield func(*Cap) bool) {
	for i := range q.p.Caps {
		if !yield(&q.p.Caps[i]) {
			return
		}
	}
	if q.r.Profile.WriteLess && !q.exempt() {
		yield(q.p.fewer())
	}
}

// DoublyOptedIn reports whether a yes to a purpose on a channel counts only once the person has
// confirmed it.
func (p *Policy) DoublyOptedIn(c message.Channel, purpose string) bool {
	return p != nil && slices.Contains(p.DoubleOptIn[c], purpose)
}

// unconfirmed is not asked of transactional messages: the one that asks for the confirmation
// is one of them.
func unconfirmed(q *question) bool {
	return !q.exempt() && q.p.DoublyOptedIn(q.r.Channel, q.kind.Purpose) && !q.r.Profile.Confirms(q.r.Channel, q.kind.Purpose)
}

// tellUnconfirmed says nothing where one step is enough.
func tellUnconfirmed(q *question) []Check {
	if !q.p.DoublyOptedIn(q.r.Channel, q.kind.Purpose) {
		return nil
	}
	c := Check{
		message.ReasonUnconfirmed, Exempt,
		fmt.Sprintf("the person must have confirmed that they agreed to %s by %s", q.kind.Purpose, q.r.Channel), "not asked of transactional messages",
	}
	if !q.exempt() {
		c.Answer, c.Saw = Passed, "has confirmed it"
		if unconfirmed(q) {
			c.Answer, c.Saw = Blocked, "has not confirmed it, or not since they last refused"
		}
	}
	return []Check{c}
}

// paused is what a person asked for: nothing for a while, but answers to what they do.
func paused(q *question) bool { return !q.exempt() && q.r.Profile.Paused(q.r.Now) }

// tellPaused says nothing of people who never asked for a pause.
func tellPaused(q *question) []Check {
	until := q.r.Profile.PausedUntil
	if until.IsZero() {
		return nil
	}
	c := Check{message.ReasonPaused, Exempt, "who asked for a pause is not written to until it is over", "not asked of transactional messages"}
	if !q.exempt() {
		c.Answer, c.Saw = Passed, "it was over at "+stamp(until.UTC())
		if paused(q) {
			c.Answer, c.Saw = Blocked, "asked for one until "+stamp(until.UTC())
		}
	}
	return []Check{c}
}

// Standing is what is asked of a message again just before it goes: what the person said, and
// what is known of their address. Caps, quiet hours and control groups were asked when it was
// decided, and it has its slot.
func (p *Policy) Standing() *Policy {
	if p == nil {
		return nil
	}
	return &Policy{DoubleOptIn: p.DoubleOptIn}
}

// checkWishes looks at what people may ask for.
func (l *problems) checkWishes(p *Policy) {
	for _, c := range sortedKeys(p.DoubleOptIn) {
		field := "double_opt_in." + string(c)
		l.checkChannel(field, c)
		if c == message.Webhook {
			l.add(field, "nobody is asked for consent to webhooks; name email, sms or whatsapp")
		}
		for i, purpose := range p.DoubleOptIn[c] {
			at := fmt.Sprintf("%s[%d]", field, i)
			switch {
			case len(p.Purposes) > 0 && !slices.Contains(p.Purposes, purpose):
				l.add(at, "%s is none of the purposes that people can agree to", purpose)
			case slices.Contains(p.DoubleOptIn[c][:i], purpose):
				l.add(at, "%s is listed twice", purpose)
			}
		}
	}
	if w := p.WriteLess; w != nil {
		if w.AtMost < 1 || w.AtMost > maxAtMost {
			l.add("write_less.at_most", "must be from 1 to %d, not %d", maxAtMost, w.AtMost)
		}
		l.checkPer("write_less.per", w.Per)
	}
}
