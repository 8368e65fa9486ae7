package policy_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// copyOf is a log that changes to the other do not reach.
func copyOf(l *policy.Log) *policy.Log {
	c := *l
	c.Kinds, c.Sent = slices.Clone(l.Kinds), slices.Clone(l.Sent)
	return &c
}

func drawChannel(rt *rapid.T) message.Channel {
	return rapid.SampledFrom(message.Channels()[:2]).Draw(rt, "channel")
}

func drawCap(rt *rapid.T) policy.Cap {
	c := policy.Cap{
		AtMost: rapid.IntRange(1, 4).Draw(rt, "at most"),
		// Few lengths, so that messages stand exactly so far apart.
		Per: rapid.SampledFrom([]time.Duration{time.Hour, day, 2 * day, 7 * day}).Draw(rt, "per"),
	}
	switch rapid.IntRange(0, 5).Draw(rt, "scope") {
	case 0:
		c.Channel = drawChannel(rt)
	case 1:
		c.Category = rapid.SampledFrom([]message.Category{message.Marketing, message.Transactional}).Draw(rt, "category")
	case 2:
		c.Purpose = "surveys"
	case 3:
		c.Journey = "a"
	case 4:
		c.PerJourney = true
	}
	return c
}

func drawPolicy(rt *rapid.T) *policy.Policy {
	p := &policy.Policy{Caps: rapid.SliceOfN(rapid.Custom(drawCap), 1, 4).Draw(rt, "caps")}
	if rapid.Bool().Draw(rt, "reserve") {
		p.Reserve = &policy.Reserve{PriorityAtLeast: 50, Slots: rapid.IntRange(1, 3).Draw(rt, "slots")}
	}
	return p
}

// drawRequest asks at some time around noon, on a grid of half hours and a nanosecond
// beside it.
func drawRequest(rt *rapid.T, around time.Time) policy.Request {
	return policy.Request{
		Profile: ada(), Channel: drawChannel(rt),
		Category: rapid.SampledFrom([]message.Category{message.Marketing, message.Marketing, message.Transactional}).Draw(rt, "category"),
		Purpose:  rapid.SampledFrom([]string{"", "surveys"}).Draw(rt, "purpose"),
		Journey:  rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "journey"),
		Priority: rapid.IntRange(48, 51).Draw(rt, "priority"),
		Now: around.Add(time.Duration(rapid.IntRange(-400, 400).Draw(rt, "half hours"))*30*time.Minute +
			time.Duration(rapid.IntRange(-1, 1).Draw(rt, "nanoseconds"))),
	}
}

// counted is what went out, as the model sees it: a list, and no cleverness.
type counted []policy.Request

// counts is the meaning of a cap: which messages it counts.
func counts(c policy.Cap, r policy.Request, journey string) bool {
	purpose := r.Purpose
	if purpose == "" {
		purpose = string(r.Category)
	}
	return (c.Category == r.Category || c.Category == "" && r.Category != message.Transactional) &&
		(c.Channel == "" || c.Channel == r.Channel) && (c.Purpose == "" || c.Purpose == purpose) &&
		(c.Journey == "" || c.Journey == r.Journey) && (!c.PerJourney || journey == r.Journey)
}

// within is how many messages stand from a time on, until less than another, in a cap.
func (l counted) within(c policy.Cap, journey string, from, to time.Time) int {
	n := 0
	for _, r := range l {
		if counts(c, r, journey) && !r.Now.Before(from) && r.Now.Before(to) {
			n++
		}
	}
	return n
}

func limit(p *policy.Policy, c policy.Cap, priority int) int {
	if p.Reserve == nil || priority >= p.Reserve.PriorityAtLeast {
		return c.AtMost
	}
	return max(1, c.AtMost-p.Reserve.Slots)
}

// refuses is the same decision, made slowly.
func (l counted) refuses(p *policy.Policy, r policy.Request) bool {
	return slices.ContainsFunc(p.Caps, func(c policy.Cap) bool {
		return counts(c, r, r.Journey) &&
			l.within(c, r.Journey, r.Now.Add(-c.Per+1), r.Now.Add(c.Per)) >= limit(p, c, r.Priority)
	})
}

// keeps fails when a window of a cap holds too many messages, or too many without priority.
func (l counted) keeps(rt *rapid.T, p *policy.Policy) {
	low := slices.DeleteFunc(slices.Clone(l), func(r policy.Request) bool { return p.Reserve != nil && r.Priority >= p.Reserve.PriorityAtLeast })
	for _, c := range p.Caps {
		for _, r := range l { // the fullest windows begin at a message
			end := r.Now.Add(c.Per)
			if n := l.within(c, r.Journey, r.Now, end); n > c.AtMost {
				rt.Fatalf("%d messages from %s on under %s", n, r.Now, c.Describe())
			}
			if n := low.within(c, r.Journey, r.Now, end); n > limit(p, c, 0) {
				rt.Fatalf("%d messages without priority from %s on under %s and %s", n, r.Now, c.Describe(), p.Reserve.Describe())
			}
		}
	}
}

// Whatever is asked in whatever order, by whatever clock, no rolling window of any cap holds
// too much, and nothing is refused without need.
func TestCapsHoldInEveryWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, log, now := drawPolicy(rt), &policy.Log{}, noon()
		var out counted
		var ids []string
		for i := range rapid.IntRange(1, 40).Draw(rt, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "days")) * day)
			r := drawRequest(rt, now)
			r.Log = log
			before := copyOf(log)
			v := p.Decide(r)
			if !reflect.DeepEqual(before, copyOf(log)) {
				rt.Fatal("deciding changed the log")
			}
			if want := out.refuses(p, r); want != (v.Reason == message.ReasonCapped) || !want && v.Reason != "" {
				rt.Fatalf("%q at %s after %v, capped should be %v", v.Reason, r.Now, out, want)
			}
			if v.Reason == "" {
				id := fmt.Sprint(i)
				log.Note(r.Sent(id))
				out, ids = append(out, r), append(ids, id)
			}
			if len(out) > 0 && rapid.IntRange(0, 9).Draw(rt, "withdraw") == 0 {
				k := rapid.IntRange(0, len(out)-1).Draw(rt, "which")
				log.Withdraw(ids[k])
				out, ids = slices.Delete(out, k, k+1), slices.Delete(ids, k, k+1)
			}
			log.Forget(r.Now.Add(-p.Horizon()))
			out.keeps(rt, p)
		}
	})
}

// Until is the first moment at which the same question is answered with yes.
func TestUntilIsTheEarliestTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, log := drawPolicy(rt), &policy.Log{}
		if rapid.Bool().Draw(rt, "quiet") {
			p.Quiet = quiet(message.Email, "20:00", "09:00")
		}
		for i := range rapid.IntRange(0, 12).Draw(rt, "sent") {
			r := drawRequest(rt, noon())
			log.Note(r.Sent(fmt.Sprint(i)))
		}
		r := drawRequest(rt, noon())
		r.Log = log
		v := p.Decide(r)
		if v.Reason == "" {
			return
		}
		if !v.Until.After(r.Now) {
			rt.Fatalf("%s at %s, until %s", v.Reason, r.Now, v.Until)
		}
		tries := []time.Time{v.Until.Add(-1)}
		for at := r.Now; at.Before(v.Until); at = at.Add(30 * time.Minute) {
			tries = append(tries, at, at.Add(rapid.SampledFrom([]time.Duration{-1, 1}).Draw(rt, "beside")))
		}
		for _, at := range tries {
			if again := r; !at.Before(r.Now) && at.Before(v.Until) {
				again.Now = at
				if p.Decide(again).Reason == "" {
					rt.Fatalf("goes at %s already, not at %s", at, v.Until)
				}
			}
		}
		r.Now = v.Until
		if again := p.Decide(r); again.Reason != "" {
			rt.Fatalf("%s at %s, which was to suit", again.Reason, r.Now)
		}
	})
}

// Whatever goes with a priority goes with every higher one, and waits no longer.
func TestPriorityIsRespected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, log := drawPolicy(rt), &policy.Log{}
		for i := range rapid.IntRange(0, 12).Draw(rt, "sent") {
			r := drawRequest(rt, noon())
			log.Note(r.Sent(fmt.Sprint(i)))
		}
		low := drawRequest(rt, noon())
		low.Log = log
		high := low
		high.Priority += rapid.IntRange(1, 5).Draw(rt, "more")
		l, h := p.Decide(low), p.Decide(high)
		if l.Reason == "" && h.Reason != "" || h.Until.After(l.Until) {
			rt.Fatalf("priority %d: %q until %s; priority %d: %q until %s", low.Priority, l.Reason, l.Until, high.Priority, h.Reason, h.Until)
		}
	})
}

// The order in which messages are noted is no part of what is known.
func TestNotingInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPolicy(rt)
		var list []policy.Sent
		for i := range rapid.IntRange(0, 12).Draw(rt, "sent") {
			r := drawRequest(rt, noon())
			list = append(list, r.Sent(fmt.Sprint(i)))
		}
		one, other := &policy.Log{}, &policy.Log{}
		for _, s := range list {
			one.Note(s)
		}
		for _, s := range rapid.Permutation(list).Draw(rt, "order") {
			other.Note(s)
		}
		r := drawRequest(rt, noon())
		r.Log = one
		first := p.Decide(r)
		r.Log = other
		if second := p.Decide(r); !reflect.DeepEqual(first, second) {
			rt.Fatalf("%+v, and in another order %+v", first, second)
		}
	})
}
