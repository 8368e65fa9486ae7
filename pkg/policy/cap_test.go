package policy_test

import (
	"strings"
	"testing"
	"time"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
)

const day = 24 * time.Hour

// noon is when most messages of these tests are asked for.
func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// ada can be reached everywhere and has agreed to everything.
func ada() *profile.Profile {
	p := &profile.Profile{ID: "ada", Traits: map[string]any{"email": "ada@example.com", "phone": "+447700900001", "timezone": "UTC"}}
	for _, c := range message.Channels() {
		for _, purpose := range []string{"marketing", "surveys", "product-news"} {
			p.Consent = append(p.Consent, profile.Consent{Channel: c, Purpose: purpose, Granted: true})
		}
	}
	return p
}

// sent is one message of a log, so long before noon.
type sent struct {
	before   time.Duration
	channel  message.Channel
	category message.Category
	purpose  string
	journey  string
}

func logOf(list ...sent) *policy.Log {
	l := &policy.Log{}
	for i, s := range list {
		l.Note(policy.Sent{
			At: noon().Add(-s.before), Channel: s.channel, Category: s.category, Purpose: s.purpose,
			Journey: s.journey, ID: string(rune('a' + i)),
		})
	}
	return l
}

// marketing is an e-mail of a journey.
func marketing(before time.Duration, journey string) sent {
	return sent{before, message.Email, message.Marketing, "", journey}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	any2 := policy.Cap{AtMost: 2, Per: 7 * day}
	two := []sent{marketing(6*day, "a"), marketing(day, "b")}
	request := policy.Request{Channel: message.Email, Category: message.Marketing, Journey: "a"}
	with := func(change func(*policy.Request)) policy.Request { r := request; change(&r); return r }
	in := func(d time.Duration) time.Time { return noon().Add(d) }
	for name, c := range map[string]struct {
		cap   policy.Cap
		log   []sent
		r     policy.Request
		until time.Time // zero: the message goes
	}{
		"room":                               {any2, two[:1], request, time.Time{}},
		"full until the first is a week old": {any2, two, request, in(day)},
		"a message a week ago to the moment has left the window":  {any2, []sent{marketing(7*day, "a"), marketing(day, "b")}, request, time.Time{}},
		"and a nanosecond later has not":                          {any2, []sent{marketing(7*day-1, "a"), marketing(day, "b")}, request, in(1)},
		"over its cap by far, it waits for several":               {any2, []sent{marketing(6*day, "a"), marketing(5*day, "a"), marketing(4*day, "a"), marketing(3*day, "a")}, request, in(3 * day)},
		"what a clock that jumped back left in the future counts": {any2, []sent{marketing(-day, "a"), marketing(-3*day, "a")}, request, in(8 * day)},
		"and far in the future does not":                          {any2, []sent{marketing(-7*day, "a"), marketing(-8*day, "a")}, request, time.Time{}},
		"transactional messages do not count":                     {any2, []sent{{day, message.Email, message.Transactional, "", "a"}, marketing(day, "a")}, request, time.Time{}},
		"and are not capped":                                      {any2, two, with(func(r *policy.Request) { r.Category = message.Transactional }), time.Time{}},
		"unless a cap names them": {
			policy.Cap{Category: message.Transactional, AtMost: 1, Per: day},
			[]sent{{time.Hour, message.SMS, message.Transactional, "", "a"}},
			with(func(r *policy.Request) { r.Category = message.Transactional }), in(23 * time.Hour),
		},
		"another channel":   {policy.Cap{Channel: message.SMS, AtMost: 1, Per: day}, two, request, time.Time{}},
		"the channel":       {policy.Cap{Channel: message.Email, AtMost: 1, Per: 2 * day}, two, request, in(day)},
		"another purpose":   {policy.Cap{Purpose: "surveys", AtMost: 1, Per: 30 * day}, two, request, time.Time{}},
		"of two purposes":   {policy.Cap{Purpose: "surveys", AtMost: 1, Per: 30 * day}, two, with(func(r *policy.Request) { r.Purpose = "surveys" }), time.Time{}},
		"a purpose":         {policy.Cap{Purpose: "surveys", AtMost: 1, Per: 30 * day}, []sent{{day, message.SMS, message.Marketing, "surveys", "nps"}}, with(func(r *policy.Request) { r.Purpose = "surveys" }), in(29 * day)},
		"a purpose of none": {policy.Cap{Purpose: "marketing", AtMost: 1, Per: 7 * day}, two[1:], request, in(6 * day)},
		"one journey":       {policy.Cap{Journey: "a", AtMost: 1, Per: 30 * day}, two, request, in(24 * day)},
		"another journey":   {policy.Cap{Journey: "a", AtMost: 1, Per: 30 * day}, two, with(func(r *policy.Request) { r.Journey = "b" }), time.Time{}},
		"each journey":      {policy.Cap{PerJourney: true, AtMost: 1, Per: 30 * day}, two, with(func(r *policy.Request) { r.Journey = "b" }), in(29 * day)},
		"a journey's first": {policy.Cap{PerJourney: true, AtMost: 1, Per: 30 * day}, two, with(func(r *policy.Request) { r.Journey = "c" }), time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.r.Profile, c.r.Now, c.r.Log = ada(), noon(), logOf(c.log...)
			p := &policy.Policy{Caps: []policy.Cap{c.cap}}
			got := p.Decide(c.r)
			want := policy.Verdict{}
			if !c.until.IsZero() {
				want.Reason, want.Until, want.Rule = message.ReasonCapped, c.until, c.cap.Describe()
			}
			if got.Reason != want.Reason || !got.Until.Equal(want.Until) || got.Rule != want.Rule {
				t.Errorf("verdict %+v, want %+v", got, want)
			}
		})
	}
}

func TestReserveKeepsTheLastSlots(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{
		Caps: []policy.Cap{
			{Channel: message.Email, AtMost: 4, Per: 7 * day},
			{Channel: message.SMS, AtMost: 1, Per: day},
		},
		Reserve: &policy.Reserve{PriorityAtLeast: 80, Slots: 2},
	}
	for name, c := range map[string]struct {
		channel  message.Channel
		before   int // messages in the last days
		priority int
		want     message.Reason
	}{
		"the last open slot":                      {message.Email, 1, 79, ""},
		"the first reserved slot":                 {message.Email, 2, 79, message.ReasonCapped},
		"is for what matters":                     {message.Email, 2, 80, ""},
		"and so is the last":                      {message.Email, 3, 80, ""},
		"no priority goes over the cap":           {message.Email, 4, 100, message.ReasonCapped},
		"a small cap stays open to everybody":     {message.SMS, 0, 0, ""},
		"as far as there is room":                 {message.SMS, 1, 0, message.ReasonCapped},
		"which a high priority does not make any": {message.SMS, 1, 90, message.ReasonCapped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list []sent
			for range c.before {
				list = append(list, sent{time.Hour, c.channel, message.Marketing, "", "j"})
			}
			r := policy.Request{Profile: ada(), Channel: c.channel, Category: message.Marketing, Priority: c.priority, Now: noon(), Log: logOf(list...)}
			v := p.Decide(r)
			if v.Reason != c.want {
				t.Errorf("reason %q, want %q", v.Reason, c.want)
			}
			if strings.Contains(v.Rule, "by sms") != (c.channel == message.SMS && c.want != "") {
				t.Errorf("rule %q", v.Rule)
			}
		})
	}
}

// Waiting for one cap leads into another, and both into the night.
func TestUntilSuitsEveryRule(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{
		Caps:  []policy.Cap{{Channel: message.SMS, AtMost: 1, Per: day}, {AtMost: 2, Per: 2 * day}},
		Quiet: quiet(message.SMS, "20:00", "09:00"),
	}
	r := policy.Request{
		Profile: ada(), Channel: message.SMS, Category: message.Marketing, Now: noon(),
		Log: logOf(sent{time.Hour, message.SMS, message.Marketing, "", "a"}, marketing(14*time.Hour, "b")),
	}
	// One text a day would have room at 11:00 tomorrow; two messages in two days not before
	// 22:00, which is quiet until 9:00.
	v := p.Decide(r)
	if want := noon().Add(45 * time.Hour); v.Reason != message.ReasonCapped || !v.Until.Equal(want) {
		t.Errorf("%s until %s, want capped until %s", v.Reason, v.Until, want)
	}
	if want := p.Caps[0].Describe(); v.Rule != want {
		t.Errorf("rule %q, want the first that objects: %q", v.Rule, want)
	}
}
