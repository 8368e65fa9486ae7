package journey_test

import (
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
)

// noting is a journey that writes a text message, by e-mail to whom that does not reach in six
// hours, and then says goodbye.
func noting(version string, status journey.Status) *journey.Definition {
	note := journey.Step{ID: "note", Send: &journey.Send{
		Channel: message.SMS, Template: "note",
		FallBack: &journey.FallBack{Send: &journey.Send{Channel: message.Email, Template: "note"}, After: 6 * time.Hour},
	}}
	return &journey.Definition{
		Name: "j", Version: version, Status: status, Category: message.Marketing, OnChange: journey.Migrate,
		Enter: journey.Entry{On: event.OrderCompleted}, Steps: []journey.Step{note, {ID: "bye", Tag: &journey.Tag{Add: []string{"told"}}}},
	}
}

const (
	byText  = "day 0: j sms note goes"
	entered = "day 0: j entered"
)

// TestFallBack is what becomes of somebody by what becomes of a text message.
func TestFallBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ   string // of the event after three hours
		other bool   // it is about another message
		want  []string
	}{
		"nothing is heard":      {"e.9", false, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"it arrived":            {event.SMSDelivered, false, []string{"day 0.125: j finished"}},
		"it failed at once":     {event.MessageFailed, false, []string{"day 0.125: j email note goes", "day 0.125: j finished"}},
		"it failed on its way":  {event.SMSFailed, false, []string{"day 0.125: j email note goes", "day 0.125: j finished"}},
		"it was kept back":      {event.MessageSuppressed, false, []string{"day 0.125: j email note goes", "day 0.125: j finished"}},
		"the provider has it":   {event.MessageSent, false, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"nobody knows":          {event.MessageUncertain, false, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"another one arrived":   {event.SMSDelivered, true, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"another one failed":    {event.SMSFailed, true, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"a mail was delivered":  {event.EmailDelivered, false, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"a message on WhatsApp": {event.WhatsAppFailed, false, []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada", noting("v1", journey.Active))
			p.orders(0, "A1")
			id := p.sent[0].Command.ID
			if c.other {
				id = message.ID("another", "note", 0)
			}
			p.happens(3*time.Hour, "answer", c.typ, map[string]any{"message_id": id})
			p.happens(9*time.Hour, "late", event.SMSFailed, map[string]any{"message_id": p.sent[0].Command.ID}) // changes nothing any more
			p.want(append([]string{entered, byText}, c.want...)...)
			if last := p.sent[len(p.sent)-1].Command; len(p.sent) > 1 && last.ID == p.sent[0].Command.ID {
				t.Errorf("both messages have the id %s", last.ID)
			}
		})
	}
}

// TestFallBackIsAMessage: it has to pass the policy, and waits for the end of quiet hours.
func TestFallBackIsAMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy *policy.Policy
		after  time.Duration // when it arrived after all
		want   []string
	}{
		"capped":                           {&policy.Policy{Caps: []policy.Cap{{AtMost: 1, Per: 7 * day}}}, 0, []string{"day 0.25: j email note kept back: capped", "day 0.25: j finished"}},
		"quiet hours":                      {evening(), 0, []string{"day 0.5: j email note goes", "day 0.5: j finished"}},
		"it arrives while the other waits": {evening(), 9 * time.Hour, []string{"day 0.375: j finished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada")
			config := in("w1", noting("v1", journey.Active))
			config.Policy = c.policy
			p.under(0, config)
			p.orders(0, "A1")
			if c.after > 0 {
				p.happens(c.after, "answer", event.SMSDelivered, map[string]any{"message_id": p.sent[0].Command.ID})
			}
			p.until(2 * day)
			p.want(append([]string{entered, byText}, c.want...)...)
		})
	}
}

// evening is quiet for e-mail from six hours after the start on, for six hours.
func evening() *policy.Policy {
	return &policy.Policy{Quiet: map[message.Channel]schedule.Window{message.Email: {From: schedule.Clock{Hour: 15}, To: schedule.Clock{Hour: 21}}}}
}

// TestWhoIsBlockedFallsBackByTheirOwnRule: who has no number rests for nothing, and gets what
// stands under if_blocked.
func TestWhoIsBlockedFallsBackByTheirOwnRule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		instead *journey.Send
		want    []string
	}{
		"nothing instead": {nil, []string{"day 0: j finished"}},
		"a mail instead":  {&journey.Send{Channel: message.Email, Template: "instead"}, []string{"day 0: j email instead goes", "day 0: j finished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := noting("v1", journey.Active)
			d.Category = message.Transactional
			d.Steps[0].Send.Blocked.Instead = c.instead
			p := newPerson(t, "ada", d)
			p.happens(0, "A1", event.OrderCompleted, map[string]any{"order_id": "A1", event.ProfileProperty: map[string]any{"traits": map[string]any{"email": "ada@example.com"}}})
			p.until(2 * day)
			p.want(append([]string{entered, "day 0: j sms note kept back: no_address"}, c.want...)...)
		})
	}
}

// TestFallBackAndPauses: what is heard, or falls due, while the journey is paused counts when it
// goes on; a fall-back that is much too late is not sent.
func TestFallBackAndPauses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ  string
		on   time.Duration
		want []string
	}{
		"it arrived":                {event.SMSDelivered, 12 * time.Hour, []string{"day 0.5: j finished"}},
		"it failed":                 {event.SMSFailed, 12 * time.Hour, []string{"day 0.5: j email note goes", "day 0.5: j finished"}},
		"nothing is heard":          {"e.9", 12 * time.Hour, []string{"day 0.5: j email note goes", "day 0.5: j finished"}},
		"nothing is heard for long": {"e.9", 3 * day, []string{"day 3: j email note kept back: too_late", "day 3: j finished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada")
			p.under(0, in("w1", noting("v1", journey.Active)))
			p.orders(0, "A1")
			p.under(time.Hour, in("w2", noting("v1", journey.Paused)))
			p.happens(3*time.Hour, "answer", c.typ, map[string]any{"message_id": p.sent[0].Command.ID})
			p.fired(7 * time.Hour)
			p.under(c.on, in("w3", noting("v1", journey.Active)))
			p.fired(c.on)
			p.want(append([]string{entered, byText}, c.want...)...)
		})
	}
}

// TestFallBackOfAnotherVersion: who rests for word of a message rests on in a version that changed
// something else, and goes on by one that asks for no word.
func TestFallBackOfAnotherVersion(t *testing.T) {
	t.Parallel()
	plain := noting("v2", journey.Active)
	plain.Steps[0].Send.FallBack = nil
	for name, c := range map[string]struct {
		next *journey.Definition
		want []string
	}{
		"with one":    {noting("v2", journey.Active), []string{"day 0.25: j email note goes", "day 0.25: j finished"}},
		"without one": {plain, []string{"day 0.25: j finished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, "ada")
			p.under(0, in("w1", noting("v1", journey.Active)))
			p.orders(0, "A1")
			next := in("w2", c.next)
			next.Old = []*journey.Definition{noting("v1", journey.Active)}
			p.under(3*time.Hour, next)
			p.until(2 * day)
			p.want(append([]string{entered, byText}, c.want...)...)
		})
	}
}

// TestTextsKnowTheEvening: a text message says when quiet hours begin where the person is, and the
// last look keeps it back from then on; a mail, and an answer to what they did, say nothing.
func TestTextsKnowTheEvening(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	for category, until := range map[message.Category]time.Time{message.Marketing: night, message.Transactional: {}} {
		d := noting("v1", journey.Active)
		d.Category = category
		p := newPerson(t, "ada")
		config := in("w1", d)
		config.Policy = nights()
		p.under(0, config)
		p.orders(0, "A1")
		text := p.sent[0].Command
		if !text.Until.Equal(until) {
			t.Errorf("%s: the text may arrive until %v, want %v", category, text.Until, until)
		}
		want := message.ReasonQuietHours
		if until.IsZero() {
			want = ""
		}
		if got := p.set.Recheck(p.state, &text, night.Add(-time.Second)); got != "" {
			t.Errorf("%s: in the evening it is kept back: %s", category, got)
		}
		if got := p.set.Recheck(p.state, &text, night); got != want {
			t.Errorf("%s: at night it is kept back for %q, want %q", category, got, want)
		}
		p.until(7 * time.Hour)
		if mail := p.sent[1].Command; !mail.Until.IsZero() {
			t.Errorf("%s: the mail may arrive until %v only", category, mail.Until)
		}
	}
}
