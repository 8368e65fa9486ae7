package policy

import (
	"fmt"
	"strings"

	"rapport/pkg/message"
)

// Check is what one question saw.
type Check struct {
	Reason message.Reason // why the message would be kept back
	Answer Answer
	Rule   string // what was asked, in words for people
	Saw    string // what was found
}

// Answer is the outcome of a check.
type Answer string

// The answers. Exempt is a question that is not put to such a message.
const (
	Passed  Answer = "passed"
	Blocked Answer = "blocked"
	Exempt  Answer = "exempt"
)

// check is one question about a message. tell answers it in words; objects is the same
// without any, because it is asked of every message.
type check struct {
	reason  message.Reason
	passes  bool // time alone takes the objection away
	objects func(*question) bool
	tell    func(*question) []Check
}

// checks in the order in which they are asked: what protects the person first.
var checks = [...]check{
	{message.ReasonSuppressed, false, suppressed, tellSuppressed},
	{message.ReasonNoConsent, false, noConsent, tellConsent},
	{message.ReasonUnconfirmed, false, unconfirmed, tellUnconfirmed},
	{message.ReasonNoAddress, false, noAddress, tellAddress},
	{message.ReasonHeldOut, false, heldOut, tellHeldOut},
	{message.ReasonLeft, false, left, tellLeft},
	{message.ReasonPaused, true, paused, tellPaused},
	{message.ReasonCapped, true, capped, tellCaps},
	{message.ReasonQuietHours, true, quietHours, tellQuiet},
	{message.ReasonThrottled, true, throttled, tellThrottles},
}

// suppressed holds for every category: a dead address stays dead for receipts too. A full
// mailbox is spared marketing alone, for a while.
func suppressed(q *question) bool {
	_, ok := q.r.Profile.Barred(q.r.Channel, q.r.Category, q.r.Now)
	return ok
}

func tellSuppressed(q *question) []Check {
	c := Check{message.ReasonSuppressed, Passed, "nothing goes to an address that bounced or complained, or to a person who was erased", "nothing of that kind is known"}
	if b, ok := q.r.Profile.Barred(q.r.Channel, q.r.Category, q.r.Now); ok {
		c.Answer, c.Saw = Blocked, strings.ReplaceAll(b.Why, "_", " ")+" on "+b.At.UTC().Format("2006-01-02")
		if !b.Until.IsZero() {
			c.Saw += "; tried again from " + stamp(b.Until.UTC())
		}
	}
	return []Check{c}
}

// noConsent is not asked of transactional messages, which answer what the person did. A
// webhook goes to the shop itself and nobody is asked about it as a channel; it needs a yes
// to the purpose on some channel, unless there is a word about webhooks.
func noConsent(q *question) bool {
	if q.exempt() {
		return false
	}
	p, given := q.r.Profile, false
	for i := range p.Consent {
		k := &p.Consent[i]
		switch {
		case k.Purpose != q.kind.Purpose:
		case k.Channel == q.r.Channel:
			return !k.Granted
		default:
			given = given || k.Granted
		}
	}
	return q.r.Channel != message.Webhook || !given
}

func tellConsent(q *question) []Check {
	c := Check{message.ReasonNoConsent, Exempt, fmt.Sprintf("the person must have agreed to %s by %s", q.kind.Purpose, q.r.Channel), "not asked of transactional messages"}
	if !q.exempt() {
		c.Answer, c.Saw = Passed, "has agreed"
		if noConsent(q) {
			c.Answer, c.Saw = Blocked, "has not agreed, or has withdrawn it"
		}
	}
	return []Check{c}
}

// noAddress holds for every category; a webhook goes to the shop and needs none.
func noAddress(q *question) bool {
	switch q.r.Channel {
	case message.Webhook:
		return false
	case message.WhatsApp:
		return q.r.Profile.Address(message.SMS) == "" // the same phone
	}
	return q.r.Profile.Address(q.r.Channel) == ""
}

func tellAddress(q *question) []Check {
	c := Check{message.ReasonNoAddress, Passed, fmt.Sprintf("there must be an address for %s", q.r.Channel), "there is one"}
	switch {
	case q.r.Channel == message.Webhook:
		c.Answer, c.Saw = Exempt, "a webhook needs none"
	case noAddress(q):
		c.Answer, c.Saw = Blocked, "there is none"
	}
	return []Check{c}
}
