package policy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
)

// drawPerson is somebody who may have asked for a pause, for less, or for nothing, whose mailbox
// may be full, and who may have confirmed what they agreed to.
func drawPerson(rt *rapid.T) *profile.Profile {
	p := ada()
	if rapid.Bool().Draw(rt, "pause") {
		p.PausedUntil = noon().Add(time.Duration(rapid.IntRange(-100, 400).Draw(rt, "hours")) * time.Hour)
	}
	p.WriteLess = rapid.Bool().Draw(rt, "less")
	if rapid.Bool().Draw(rt, "full") {
		ns := noon().Add(-day).UnixNano()
		p.Troubles = []profile.Trouble{{Kind: 'f', Address: p.Trait("email"), At: []int64{ns - 2, ns - 1, ns}}}
	}
	for i := range p.Consent {
		if rapid.Bool().Draw(rt, "confirmed") {
			p.Consent[i].Confirmed = noon().Add(-day)
		}
	}
	return p
}

// No wish of a person's and no pause ever keeps back what answers something they did.
func TestWishesLetTransactionalMessagesPass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := &policy.Policy{
			DoubleOptIn: map[message.Channel][]string{message.Email: {"marketing", "transactional", "surveys"}},
			WriteLess:   &policy.Limit{AtMost: 1, Per: 100 * day},
		}
		r := drawRequest(rt, noon())
		r.Category, r.Profile, r.Log = message.Transactional, drawPerson(rt), logOf(marketing(day, "a"), marketing(2*day, "b"))
		if v := p.Decide(r); v.Reason != "" {
			rt.Fatalf("kept back because %s: %s", v.Reason, v.Rule)
		}
	})
}

// Until is right for pauses, too: a marketing message that is kept back goes at that time, if
// nothing else happens, and is still kept back a moment before.
func TestPausesEndWhenTheySay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := &policy.Policy{}
		r := drawRequest(rt, noon())
		r.Category, r.Profile = message.Marketing, drawPerson(rt)
		r.Log = logOf(marketing(time.Duration(rapid.IntRange(0, 400).Draw(rt, "ago"))*time.Hour, "a"))
		v := p.Decide(r)
		if v.Reason == "" {
			return
		}
		if v.Until.IsZero() || !v.Until.After(r.Now) {
			rt.Fatalf("kept back because %s until %s", v.Reason, v.Until)
		}
		r.Now = v.Until
		if again := p.Decide(r); again.Reason != "" {
			rt.Fatalf("%s until %s, and then %s", v.Reason, v.Until, again.Reason)
		}
		r.Now = v.Until.Add(-1)
		if before := p.Decide(r); before.Reason == "" {
			rt.Fatalf("%s until %s, and it goes before", v.Reason, v.Until)
		}
	})
}

// What people asked for is explained in words.
func TestWishesInWords(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{DoubleOptIn: map[message.Channel][]string{message.Email: {"marketing"}}}
	r := policy.Request{Profile: ada(), Channel: message.Email, Category: message.Marketing, Now: noon(), Log: logOf(marketing(day, "a"))}
	r.Profile.PausedUntil, r.Profile.WriteLess = noon().Add(10*day), true
	for _, c := range []struct {
		change    func()
		reason    message.Reason
		rule, saw string
		until     time.Time
	}{
		{func() {}, message.ReasonUnconfirmed, "the person must have confirmed that they agreed to marketing by email", "has not confirmed it, or not since they last refused", time.Time{}},
		{func() { p.DoubleOptIn = nil }, message.ReasonPaused, "who asked for a pause is not written to until it is over", "asked for one until 2026-03-12 12:00 UTC", noon().Add(13 * day)},
		{func() { r.Profile.PausedUntil = noon() }, message.ReasonCapped, "who asked for fewer messages gets at most 1 marketing message in any 14 days", "1 of 1 sent; room again from 2026-03-15 12:00 UTC", noon().Add(13 * day)},
		{func() {
			ns := noon().Add(-day).UnixNano()
			r.Profile.Troubles = []profile.Trouble{{Kind: 'f', At: []int64{ns - 2, ns - 1, ns}}}
		}, message.ReasonSuppressed, "nothing goes to an address that bounced or complained, or to a person who was erased", "mailbox full on 2026-03-01; tried again from 2026-03-31 12:00 UTC", noon().Add(29 * day)},
		{func() {
			r.Profile.Blocked = []profile.Block{{Channel: message.Email, Why: "opted_out", At: noon()}}
		}, message.ReasonSuppressed, "nothing goes to an address that bounced or complained, or to a person who was erased", "opted out on 2026-03-02", time.Time{}},
	} {
		c.change()
		v := p.Explain(r)
		saw := ""
		for _, k := range v.Checks {
			if k.Reason == v.Reason && k.Answer == policy.Blocked {
				saw = k.Saw
				break
			}
		}
		if v.Reason != c.reason || v.Rule != c.rule || saw != c.saw || !v.Until.Equal(c.until) {
			t.Errorf("%s: %s: %s until %s, want %s: %s: %s until %s", v.Reason, v.Rule, saw, v.Until, c.reason, c.rule, c.saw, c.until)
		}
	}
}
