package workspace

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/schedule"
)

// TestPolicy reads a policy with everything in it.
func TestPolicy(t *testing.T) {
	t.Parallel()
	files := large()
	files["policy.yaml"] = `caps:
  - {channel: any, category: marketing, at_most: 4, per: 7d}
  - {channel: sms, category: marketing, at_most: 1, per: 24h, purpose: product-news}
  - {at_most: 2, per: 1d, per_journey: true}
  - {at_most: 9, per: 1w, journey: hello, category: transactional}
reserve: {priority_at_least: 80, slots: 1}
quiet_hours: {sms: {from: "20:00", to: "09:00"}, email: none, whatsapp: {from: 21:30, to: 8:00}}
holdout: {share: 5%, salt: 2026}
purposes: [marketing, product-news, surveys]
double_opt_in: {email: [marketing, surveys], sms: marketing}
write_less: {per: 30d}
throttles:
  - {provider: twilio, channel: sms, at_most: 10, per: 1s}
  - {domain: gmail.com, at_most: 1000, per: 1h}
late_after: 2h
`
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	p := s.Policy()
	caps := []policy.Cap{
		{Category: message.Marketing, AtMost: 4, Per: 7 * day},
		{Channel: message.SMS, Category: message.Marketing, Purpose: "product-news", AtMost: 1, Per: day},
		{PerJourney: true, AtMost: 2, Per: day},
		{Journey: "hello", Category: message.Transactional, AtMost: 9, Per: 7 * day},
	}
	for i, c := range p.Caps {
		if c != caps[i] {
			t.Errorf("cap %d: %+v, want %+v", i, c, caps[i])
		}
	}
	if len(p.Caps) != len(caps) || *p.Reserve != (policy.Reserve{PriorityAtLeast: 80, Slots: 1}) || p.Holdout != 0.05 || p.HoldoutSalt != "2026" {
		t.Errorf("%+v", p)
	}
	if len(p.Quiet) != 2 || p.Quiet[message.SMS] != (schedule.Window{From: schedule.Clock{Hour: 20}, To: schedule.Clock{Hour: 9}}) ||
		p.Quiet[message.WhatsApp].From != (schedule.Clock{Hour: 21, Minute: 30}) {
		t.Errorf("quiet hours: %+v", p.Quiet)
	}
	if got := p.DoubleOptIn; len(got) != 2 || !slices.Equal(got[message.Email], []string{"marketing", "surveys"}) || !slices.Equal(got[message.SMS], []string{"marketing"}) {
		t.Errorf("double opt-in: %v", got)
	}
	if *p.WriteLess != (policy.Limit{AtMost: 1, Per: 30 * day}) {
		t.Errorf("who asked for less gets %+v", *p.WriteLess)
	}
	if len(p.Purposes) != 3 || p.Zone.String() != "Europe/London" || len(p.Throttles) != 2 ||
		p.Throttles[0] != (policy.Throttle{Provider: "twilio", Channel: message.SMS, AtMost: 10, Per: time.Second}) || p.Throttles[1].Domain != "gmail.com" || p.LateAfter != 2*time.Hour {
		t.Errorf("%+v", p)
	}
}

// TestHoldoutForms: a share is a percentage or a fraction.
func TestHoldoutForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"5%": 0.05, "0.5%": 0.005, "0.1": 0.1, "{share: 100%}": 1, "0%": 0} {
		files := small()
		files["policy.yaml"] = "holdout: " + text + "\n"
		s, err := load(files)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Policy().Holdout; got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

// TestNoPolicy: a workspace need not have one.
func TestNoPolicy(t *testing.T) {
	t.Parallel()
	s, err := load(small())
	if err != nil || s.Policy() != nil {
		t.Errorf("got %v, %v", s, err)
	}
}

// TestPurposesOfJourneys: a journey's purpose is one that people can agree to, and so is
// that of one which names none.
func TestPurposesOfJourneys(t *testing.T) {
	t.Parallel()
	files := large()
	files["policy.yaml"] = "purposes: [product-news]\n"
	_, err := load(files)
	if err == nil || !strings.Contains(err.Error(), "journeys/hello.yaml:2:11: nobody can agree to marketing") {
		t.Errorf("no purpose: %v", err)
	}
	files["journeys/hello.yaml"] = hello("purpose: product-news\n")
	if _, err := load(files); err != nil {
		t.Errorf("its own purpose: %v", err)
	}
	files["journeys/hello.yaml"] = hello("purpose: product-new\n")
	_, err = load(files)
	if err == nil || !strings.Contains(err.Error(), "nobody can agree to product-new") || !strings.Contains(err.Error(), "did you mean product-news?") {
		t.Errorf("misspelt: %v", err)
	}
}

// TestTitlesOfPurposes: purposes may be a list of names, or say what they are called.
func TestTitlesOfPurposes(t *testing.T) {
	t.Parallel()
	files := small()
	files["policy.yaml"] = `purposes:
  product-news: {title: {en: New things, de-AT: Neues}, description: Once a month}
  marketing:
`
	s, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Purposes()
	if len(got) != 2 || got[0].Name != "product-news" || got[0].Title.Title["de-AT"] != "Neues" || got[0].Description[""] != "Once a month" ||
		got[1].Name != "marketing" || got[1].Title.Title != nil {
		t.Errorf("purposes %+v", got)
	}
	files["policy.yaml"] = "purposes: [surveys, marketing]\n"
	if s, err = load(files); err != nil || len(s.Purposes()) != 2 || s.Purposes()[0].Name != "surveys" {
		t.Errorf("a list: %v", err)
	}
	if s, err = load(small()); err != nil || len(s.Purposes()) != 1 || s.Purposes()[0].Name != "marketing" {
		t.Errorf("no policy: %v", err)
	}
}
