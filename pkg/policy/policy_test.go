package policy_test

import (
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	address := map[string]any{"email": "ada@example.com"}
	yes := []profile.Consent{{Channel: message.Email, Purpose: "marketing", Granted: true}}
	blocked := []profile.Block{{Channel: message.Email, Why: "bounced"}}
	for name, c := range map[string]struct {
		p        profile.Profile
		category message.Category
		want     message.Reason
	}{
		"all is well":                             {profile.Profile{Traits: address, Consent: yes}, message.Marketing, ""},
		"no word is no":                           {profile.Profile{Traits: address}, message.Marketing, message.ReasonNoConsent},
		"a receipt needs no consent":              {profile.Profile{Traits: address}, message.Transactional, ""},
		"a dead address stays dead for a receipt": {profile.Profile{Traits: address, Blocked: blocked}, message.Transactional, message.ReasonSuppressed},
		"suppression is named before consent":     {profile.Profile{Blocked: blocked}, message.Marketing, message.ReasonSuppressed},
		"consent is named before the address":     {profile.Profile{}, message.Marketing, message.ReasonNoConsent},
		"no address":                              {profile.Profile{Consent: yes}, message.Marketing, message.ReasonNoAddress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := policy.Decide(policy.Request{Profile: &c.p, Channel: message.Email, Category: c.category}); got != c.want {
				t.Errorf("reason %q, want %q", got, c.want)
			}
		})
	}
}

// quiet gives one channel quiet hours.
func quiet(c message.Channel, from, to string) map[message.Channel]schedule.Window {
	f, err := schedule.ParseClock(from)
	if err != nil {
		panic(err)
	}
	u, err := schedule.ParseClock(to)
	if err != nil {
		panic(err)
	}
	return map[message.Channel]schedule.Window{c: {From: f, To: u}}
}

// hopeless is a policy and a request against which every question objects.
func hopeless() (*policy.Policy, policy.Request) {
	p := &policy.Policy{
		Caps:    []policy.Cap{{Channel: message.Email, AtMost: 1, Per: 7 * day}},
		Quiet:   quiet(message.Email, "10:00", "14:00"),
		Holdout: 1,

		DoubleOptIn: map[message.Channel][]string{message.Email: {"marketing"}},
	}
	return p, policy.Request{
		Profile: &profile.Profile{ID: "ada", Traits: map[string]any{"timezone": "UTC"}, Blocked: []profile.Block{{Channel: message.Email, Why: "bounced"}}, PausedUntil: noon().Add(day)},
		Channel: message.Email, Category: message.Marketing, Journey: "j", Now: noon(),
		Log: logOf(marketing(day, "j")), Ghost: true, Left: true,
	}
}

// Every remedy uncovers the next reason, in the order of the package.
func TestOrderOfReasons(t *testing.T) {
	t.Parallel()
	p, r := hopeless()
	consent := []profile.Consent{{Channel: message.Email, Purpose: "marketing", Granted: true}}
	for _, s := range []struct {
		want   message.Reason
		remedy func()
	}{
		{message.ReasonSuppressed, func() { r.Profile.Blocked = nil }},
		{message.ReasonNoConsent, func() { r.Profile.Consent = consent }},
		{message.ReasonUnconfirmed, func() { r.Profile.Consent[0].Confirmed = noon() }},
		{message.ReasonNoAddress, func() { r.Profile.Traits["email"] = "ada@example.com" }},
		{message.ReasonHeldOut, func() { p.Holdout = 0 }}, // the journey's own arm is left
		{message.ReasonHeldOut, func() { r.Ghost = false }},
		{message.ReasonLeft, func() { r.Left = false }},
		{message.ReasonPaused, func() { r.Profile.PausedUntil = time.Time{} }},
		{message.ReasonCapped, func() { r.Log = nil }},
		{message.ReasonQuietHours, func() { p.Quiet = nil }},
		{"", func() {}},
	} {
		v := p.Decide(r)
		if v.Reason != s.want || (v.Rule == "") != (s.want == "") {
			t.Fatalf("reason %q because %q, want %q", v.Reason, v.Rule, s.want)
		}
		if waits := s.want == message.ReasonPaused || s.want == message.ReasonCapped || s.want == message.ReasonQuietHours; v.Until.IsZero() == waits {
			t.Errorf("%s: ask again at %s", v.Reason, v.Until)
		}
		s.remedy()
	}
}

func TestTransactionalMessages(t *testing.T) {
	t.Parallel()
	p, r := hopeless()
	r.Category = message.Transactional
	for _, s := range []struct {
		want   message.Reason
		remedy func()
	}{
		{message.ReasonSuppressed, func() { r.Profile.Blocked = nil }},
		{message.ReasonNoAddress, func() { r.Profile.Traits["email"] = "ada@example.com" }},
		{message.ReasonHeldOut, func() { r.Ghost = false }}, // in the journey's own arm; the control group gets them
		{message.ReasonLeft, func() { r.Left = false }},
		{"", func() {}},
	} {
		if v := p.Decide(r); v.Reason != s.want {
			t.Fatalf("reason %q because %q, want %q", v.Reason, v.Rule, s.want)
		}
		s.remedy()
	}
}

func TestChannels(t *testing.T) {
	t.Parallel()
	phone := map[string]any{"phone": "+447700900001"}
	agreed := func(c message.Channel, granted bool) profile.Consent {
		return profile.Consent{Channel: c, Purpose: "marketing", Granted: granted}
	}
	for name, c := range map[string]struct {
		channel message.Channel
		p       profile.Profile
		want    message.Reason
	}{
		"whatsapp goes to the phone":                {message.WhatsApp, profile.Profile{Traits: phone, Consent: []profile.Consent{agreed(message.WhatsApp, true)}}, ""},
		"and nowhere without one":                   {message.WhatsApp, profile.Profile{Consent: []profile.Consent{agreed(message.WhatsApp, true)}}, message.ReasonNoAddress},
		"a yes to texts is none to whatsapp":        {message.WhatsApp, profile.Profile{Traits: phone, Consent: []profile.Consent{agreed(message.SMS, true)}}, message.ReasonNoConsent},
		"a webhook needs no address":                {message.Webhook, profile.Profile{Consent: []profile.Consent{agreed(message.Webhook, true)}}, ""},
		"but a yes on some channel":                 {message.Webhook, profile.Profile{Consent: []profile.Consent{agreed(message.SMS, false), agreed(message.Email, true)}}, ""},
		"and no word is no":                         {message.Webhook, profile.Profile{}, message.ReasonNoConsent},
		"a word about webhooks decides":             {message.Webhook, profile.Profile{Consent: []profile.Consent{agreed(message.Email, true), agreed(message.Webhook, false)}}, message.ReasonNoConsent},
		"erased is erased on every channel":         {message.Webhook, profile.Profile{Blocked: []profile.Block{{Channel: message.Email, Why: "erased"}}}, message.ReasonSuppressed},
		"a bounce closes its own channel":           {message.SMS, profile.Profile{Traits: phone, Consent: []profile.Consent{agreed(message.SMS, true)}, Blocked: []profile.Block{{Channel: message.Email, Why: "bounced"}}}, ""},
		"a block without a channel closes them all": {message.SMS, profile.Profile{Blocked: []profile.Block{{Why: "legal"}}}, message.ReasonSuppressed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := policy.Request{Profile: &c.p, Channel: c.channel, Category: message.Marketing, Now: noon()}
			if v := (&policy.Policy{}).Decide(r); v.Reason != c.want {
				t.Errorf("reason %q because %q, want %q", v.Reason, v.Rule, c.want)
			}
		})
	}
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p := &policy.Policy{Quiet: quiet(message.SMS, "20:00", "09:00"), Zone: berlin}
	utc := func(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		traits map[string]any
		now    time.Time
		until  time.Time // zero: the message goes
	}{
		"by day":                           {map[string]any{"timezone": "Europe/Berlin"}, utc(12, 0), time.Time{}},
		"just before":                      {map[string]any{"timezone": "Europe/Berlin"}, utc(18, 59), time.Time{}},
		"from the minute":                  {map[string]any{"timezone": "Europe/Berlin"}, utc(19, 0), utc(32, 0)},
		"on the clock where the person is": {map[string]any{"timezone": "America/New_York"}, utc(12, 0), utc(14, 0)},
		"by the country's":                 {map[string]any{"country": "JP"}, utc(12, 0), utc(24, 0)},
		"by the shop's clock otherwise":    {nil, utc(6, 0), utc(8, 0)},
		"as a misspelt zone does":          {map[string]any{"timezone": "Europe/Berln"}, utc(6, 0), utc(8, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := ada()
			delete(who.Traits, "timezone")
			who.Traits["phone"] = "+8835100000000" // a number of no country
			for k, v := range c.traits {
				who.Traits[k] = v
			}
			v := p.Decide(policy.Request{Profile: who, Channel: message.SMS, Category: message.Marketing, Now: c.now})
			if (v.Reason == message.ReasonQuietHours) == c.until.IsZero() || !v.Until.Equal(c.until) {
				t.Errorf("%q until %s, want %s", v.Reason, v.Until, c.until)
			}
			if v := p.Decide(policy.Request{Profile: who, Channel: message.Email, Category: message.Marketing, Now: c.now}); v.Reason != "" {
				t.Errorf("e-mail, which has no quiet hours, is kept back: %q", v.Reason)
			}
		})
	}
}
