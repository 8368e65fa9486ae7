package journey

import (
	"slices"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// send decides one message and remembers it, and reports whether the instance rests until
// the message may go, or for word of it. A step sends once for each instance: where a changed journey leads
// somebody to a step that has sent already, nothing happens. The message would have the
// same id, and the store would refuse the whole batch for it.
func (w *walk) send(in *Instance, d *Definition, s *Step, what *Send) (rests bool) {
	if slices.ContainsFunc(in.Sent, func(r SentRef) bool { return r.Step == s.ID }) {
		if first, ok := in.awaited(s.ID); ok && what.FallBack != nil {
			return w.fallBack(in, d, s, what.FallBack, first)
		}
		return false
	}
	v := w.judge(in, d, s.ID, what.Channel)
	if until, ok := w.deferral(in.Since, what, v); ok {
		in.Due = until
		return true
	}
	w.decide(in, d, s, what, v, visitFirst)
	if v.Reason == "" && what.FallBack != nil {
		in.Due = w.now.Add(what.FallBack.After)
		return true
	}
	if v.Reason != "" && v.Reason != message.ReasonHeldOut && v.Reason != message.ReasonTooLate && what.Blocked.Instead != nil {
		instead := what.Blocked.Instead
		w.decide(in, d, s, instead, w.judge(in, d, s.ID, instead.Channel), visitInstead)
	}
	return false
}

// quietFrom is when a text message must not arrive any more. Providers keep those that they cannot
// send at once, for hours, and telephones ring at night; a mail that is late wakes nobody.
func (w *walk) quietFrom(in *Instance, d *Definition, step string, c message.Channel) time.Time {
	if c != message.SMS && c != message.WhatsApp {
		return time.Time{}
	}
	return w.set.policy.QuietFrom(w.request(in, d, step, c))
}

func (w *walk) request(in *Instance, d *Definition, step string, c message.Channel) policy.Request {
	return policy.Request{
		Profile: &w.state.Profile, Channel: c, Category: d.Category, Purpose: d.Purpose, Journey: d.Name,
		Instance: in.ID, Step: step, Priority: d.Priority, Now: w.now, Log: w.state.Log, Ghost: in.Ghost,
	}
}

// judge asks policy. What should have been sent too long ago is not sent at all.
func (w *walk) judge(in *Instance, d *Definition, step string, c message.Channel) policy.Verdict {
	r := w.request(in, d, step, c)
	var v policy.Verdict
	if w.set.observer != nil {
		v = w.set.policy.Explain(r)
	} else {
		v = w.set.policy.Decide(r)
	}
	if late := w.lateness(); (w.past || late > d.lateness()) && (v.Reason == "" || !v.Until.IsZero()) {
		v = policy.Verdict{Reason: message.ReasonTooLate, Rule: w.tooLate(), Checks: v.Checks}
	}
	if w.set.observer != nil {
		w.set.observer.Judged(in, step, v, w.now)
	}
	return v
}

func (w *walk) tooLate() string {
	if w.past {
		return "what it follows from happened too long ago"
	}
	return "later than max_lateness allows"
}

// lateness is how long ago what is happening should have happened.
func (w *walk) lateness() time.Duration { return w.now.Sub(w.meant()) }

// meant is when what is happening should have happened.
func (w *walk) meant() time.Time {
	if w.due.IsZero() {
		return w.now
	}
	return w.due
}

// deferral is until when a message is put off that might have gone since a time. Quiet hours end by themselves within a day,
// so that a step which says nothing waits for them; a cap may have no room for weeks, so
// that only a step which says so waits for that.
func (w *walk) deferral(since time.Time, what *Send, v policy.Verdict) (until time.Time, ok bool) {
	b := what.Blocked
	if v.Until.IsZero() || !v.Until.After(w.now) || b.Drop {
		return time.Time{}, false
	}
	atMost := b.DeferAtMost
	if atMost == 0 && b.Instead == nil && v.Reason == message.ReasonQuietHours {
		atMost = DefaultDeferral
	}
	deadline := since.Add(atMost)
	if v.Until.After(deadline) {
		return time.Time{}, false
	}
	return v.Until, true
}

// decide makes a message: one that goes, or one that is only recorded with the reason why
// it does not.
func (w *walk) decide(in *Instance, d *Definition, s *Step, what *Send, v policy.Verdict, visit int) {
	prof := &w.state.Profile
	c := message.Command{
		ID: message.ID(in.ID, s.ID, visit), Profile: prof.ID, Journey: in.Journey, Version: in.Version,
		Instance: in.ID, Step: s.ID, Channel: what.Channel, Category: d.Category, Purpose: d.Purpose, Template: what.Template,
		To: prof.Address(what.Channel), Locale: prof.Trait("locale"), Timezone: prof.Trait("timezone"), DecidedAt: w.now,
	}
	trigger := w.state.trigger(in.Trigger)
	if v.Reason == "" {
		c.Vars = w.vars(in, trigger, s)
		c.Until = w.quietFrom(in, d, s.ID, what.Channel)
		if w.state.Log == nil {
			w.state.Log = &policy.Log{}
		}
		w.state.Log.Forget(w.now.Add(-w.set.policy.Horizon()))
		w.state.Log.Note(policy.Sent{At: w.now, Channel: what.Channel, Category: d.Category, Purpose: d.Purpose, Journey: d.Name, ID: c.ID})
		w.noteSent(&c)
	}
	in.Sent = append(in.Sent, SentRef{Step: s.ID, ID: c.ID, At: w.now})
	m := Message{Command: c, Reason: v.Reason, Verdict: v}
	if trigger != nil {
		t := *trigger
		m.Trigger = &t
	}
	w.effect(m)
}

// Recheck is the last look at a message before it is handed over: what has happened since
// it was decided. It returns why it must not go any more, or nothing.
func (s *Set) Recheck(st *State, c *message.Command, now time.Time) message.Reason {
	d := s.definition(c.Journey, c.Version)
	r := policy.Request{
		Profile: &st.Profile, Channel: c.Channel, Category: c.Category, Purpose: c.Purpose, Journey: c.Journey, Instance: c.Instance,
		Step: c.Step, Now: now, Left: slices.ContainsFunc(st.Gone, func(g Departed) bool { return g.Instance == c.Instance }),
	}
	if d != nil {
		r.Purpose = d.Purpose
	}
	if reason := s.policy.Standing().Decide(r).Reason; reason != "" {
		return reason
	}
	if !c.Until.IsZero() && !now.Before(c.Until) {
		return message.ReasonQuietHours
	}
	return ""
}

func (s *Set) definition(journey, version string) *Definition {
	if p := s.program(&Instance{Journey: journey, Version: version}); p != nil {
		return p.def
	}
	return nil
}
