package policy_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
)

// shop is a policy with every kind of rule.
func shop() *policy.Policy {
	return &policy.Policy{
		Caps: []policy.Cap{
			{Category: message.Marketing, AtMost: 4, Per: 7 * day},
			{Channel: message.SMS, Category: message.Marketing, AtMost: 1, Per: day},
			{Purpose: "surveys", AtMost: 1, Per: 90 * day},
			{Journey: "win-back", AtMost: 3, Per: 365 * day},
			{PerJourney: true, AtMost: 2, Per: 36 * time.Hour},
		},
		Reserve:     &policy.Reserve{PriorityAtLeast: 80, Slots: 1},
		Quiet:       quiet(message.SMS, "20:00", "09:00"),
		Holdout:     0.05,
		HoldoutSalt: "2026",
		Purposes:    []string{"marketing", "surveys"},
		DoubleOptIn: map[message.Channel][]string{message.SMS: {"surveys"}, message.Email: {"marketing", "surveys"}},
		WriteLess:   &policy.Limit{AtMost: 2, Per: 30 * day},
		Throttles: []policy.Throttle{
			{Channel: message.Email, Provider: "ses", Domain: "gmail.com", AtMost: 100, Per: time.Minute},
			{Channel: message.SMS, AtMost: 1, Per: 1500 * time.Millisecond},
			{AtMost: 5000, Per: time.Hour},
		},
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	want := []string{
		"at most 4 marketing messages in any 7 days",
		"at most 1 marketing message by sms in any 24 hours",
		"at most 1 message about surveys in any 90 days, transactional ones not counted",
		"at most 3 messages from journey win-back in any 365 days, transactional ones not counted",
		"at most 2 messages from each journey in any 36 hours, transactional ones not counted",
		"the last slot of each cap is kept for messages of priority 80 or more",
		"no sms but transactional between 20:00 and 09:00, on the clock where the person is",
		"5% of all people are in a control group and get no marketing",
		"people can agree to marketing, surveys",
		"agreeing to marketing, surveys by email counts once it is confirmed",
		"agreeing to surveys by sms counts once it is confirmed",
		"who asked for fewer messages gets at most 2 marketing messages in any 30 days",
		"at most 100 messages by email through ses to gmail.com in 1 minute, to all people together; more wait",
		"at most 1 message by sms in 1.5s, to all people together; more wait",
		"at most 5000 messages in 1 hour, to all people together; more wait",
	}
	if got := shop().Describe(); !reflect.DeepEqual(got, want) {
		t.Errorf("described as\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*policy.Policy){
		"":                     func(*policy.Policy) {},
		"caps[0].at_most":      func(p *policy.Policy) { p.Caps[0].AtMost = 0 },
		"caps[3].at_most":      func(p *policy.Policy) { p.Caps[3].AtMost = 201 },
		"caps[0].per":          func(p *policy.Policy) { p.Caps[0].Per = 0 },
		"caps[4].per":          func(p *policy.Policy) { p.Caps[4].Per = 365*day + 1 },
		"caps[1].channel":      func(p *policy.Policy) { p.Caps[1].Channel = "fax" },
		"caps[1].category":     func(p *policy.Policy) { p.Caps[1].Category = "promotional" },
		"caps[2].purpose":      func(p *policy.Policy) { p.Caps[2].Purpose = "survey" },
		"caps[3].per_journey":  func(p *policy.Policy) { p.Caps[3].PerJourney = true },
		"reserve.slots":        func(p *policy.Policy) { p.Reserve.Slots = 4 },
		"reserve":              func(p *policy.Policy) { p.Caps = nil },
		"quiet_hours.fax":      func(p *policy.Policy) { p.Quiet = quiet("fax", "20:00", "09:00") },
		"quiet_hours.sms":      func(p *policy.Policy) { p.Quiet = map[message.Channel]schedule.Window{message.SMS: {}} },
		"holdout":              func(p *policy.Policy) { p.Holdout = math.NaN() },
		"purposes[0]":          func(p *policy.Policy) { p.Purposes[0], p.DoubleOptIn = " ", nil },
		"purposes[1]":          func(p *policy.Policy) { p.Purposes, p.DoubleOptIn = []string{"surveys", "surveys"}, nil },
		"throttles[0].domain":  func(p *policy.Policy) { p.Throttles[0].Domain = "@gmail.com" },
		"throttles[0].at_most": func(p *policy.Policy) { p.Throttles[0].AtMost = -1 },
		"throttles[2].at_most": func(p *policy.Policy) { p.Throttles[2].AtMost = 0 },
		"throttles[1].per":     func(p *policy.Policy) { p.Throttles[1].Per = -1 },
		"throttles[1].channel": func(p *policy.Policy) { p.Throttles[1].Channel = "post" },

		"double_opt_in.fax":         func(p *policy.Policy) { p.DoubleOptIn["fax"] = []string{"surveys"} },
		"double_opt_in.webhook":     func(p *policy.Policy) { p.DoubleOptIn[message.Webhook] = []string{"surveys"} },
		"double_opt_in.sms[0]":      func(p *policy.Policy) { p.DoubleOptIn[message.SMS][0] = "survey" },
		"double_opt_in.email[1]":    func(p *policy.Policy) { p.DoubleOptIn[message.Email][1] = "marketing" },
		"write_less.at_most":        func(p *policy.Policy) { p.WriteLess.AtMost = 0 },
		"write_less.per":            func(p *policy.Policy) { p.WriteLess.Per = 400 * day },
		"late_after":                func(p *policy.Policy) { p.LateAfter = 400 * day },
		"reserve.priority_at_least": func(p *policy.Policy) { p.Reserve.PriorityAtLeast = 101 },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			p := shop()
			spoil(p)
			var got []string
			for _, problem := range p.Validate() {
				got = append(got, problem.Field)
				if !strings.HasPrefix(problem.Error(), problem.Field+": ") {
					t.Errorf("error %q", problem.Error())
				}
			}
			if want := strings.Fields(field); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("problems in %q, want %q", got, want)
			}
		})
	}
	p := shop()
	p.Caps[0].AtMost, p.Holdout, p.Reserve.Slots = 0, -1, 0
	if got := p.Validate(); len(got) != 3 {
		t.Errorf("of three mistakes, %v are found", got)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := shop()
	p.Holdout = 0
	r := policy.Request{
		Profile: ada(), Channel: message.SMS, Category: message.Marketing, Journey: "win-back", Now: noon().Add(9 * time.Hour),
		Log: logOf(sent{-8 * time.Hour, message.SMS, message.Marketing, "", "win-back"}, marketing(day, "a"), marketing(2*day, "a")),
	}
	v := p.Explain(r)
	want := `suppressed   passed  nothing goes to an address that bounced or complained, or to a person who was erased: nothing of that kind is known
no_consent   passed  the person must have agreed to marketing by sms: has agreed
no_address   passed  there must be an address for sms: there is one
held_out     passed  there is no control group: so nobody is in it
held_out     passed  the holdout arm of journey win-back gets nothing: is not in it
journey_left passed  who left the journey gets no more of it: is still in it
capped       blocked at most 4 marketing messages in any 7 days: 3 of 4 sent, 1 kept for a higher priority; room again from 2026-03-07 12:00 UTC
capped       blocked at most 1 marketing message by sms in any 24 hours: 1 of 1 sent; room again from 2026-03-03 20:00 UTC
capped       exempt  at most 1 message about surveys in any 90 days, transactional ones not counted: does not count this message
capped       passed  at most 3 messages from journey win-back in any 365 days, transactional ones not counted: 1 of 3 sent, 1 kept for a higher priority
capped       blocked at most 2 messages from each journey in any 36 hours, transactional ones not counted: 1 of 2 sent, 1 kept for a higher priority; room again from 2026-03-04 08:00 UTC
quiet_hours  blocked no sms but transactional between 20:00 and 09:00, on the clock where the person is: it is 2026-03-02 21:00 UTC; over at 2026-03-03 09:00 UTC
throttled    exempt  at most 1 message by sms in 1.5s, to all people together; more wait: asked when the message is delivered
throttled    exempt  at most 5000 messages in 1 hour, to all people together; more wait: asked when the message is delivered
`
	if got := written(v); got != want {
		t.Errorf("explained as\n%s\nwant\n%s", got, want)
	}
	decided := p.Decide(r)
	v.Checks = nil
	if !reflect.DeepEqual(decided, v) {
		t.Errorf("decided %+v, explained %+v", decided, v)
	}
}

// The first check that is told as blocked is the reason, whatever the request.
func TestExplanationsAgreeWithDecisions(t *testing.T) {
	t.Parallel()
	p, r := hopeless()
	for _, remedy := range []func(){
		func() {}, func() { r.Category = message.Transactional }, func() { r.Category = message.Marketing; r.Profile = ada() },
		func() { p.Holdout, r.Ghost = 0, false }, func() { r.Left = false }, func() { r.Channel = message.Webhook }, func() { p, r.Log = nil, nil },
	} {
		remedy()
		v := p.Explain(r)
		first := policy.Check{}
		for _, c := range v.Checks {
			if c.Answer == policy.Blocked {
				first = c
				break
			}
		}
		if first.Reason != v.Reason || first.Rule != v.Rule {
			t.Errorf("decided %q because %q, told\n%s", v.Reason, v.Rule, written(v))
		}
	}
}

func written(v policy.Verdict) string {
	var b strings.Builder
	for _, c := range v.Checks {
		fmt.Fprintf(&b, "%-12s %-7s %s: %s\n", c.Reason, c.Answer, c.Rule, c.Saw)
	}
	return b.String()
}
