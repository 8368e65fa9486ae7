package policy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
	"rapport/pkg/schedule"
)

// textAt asks whether a text message may go to somebody at a time.
func textAt(zone string, category message.Category, now time.Time) policy.Request {
	p := profile.New("customer-17", now)
	p.Known = true
	p.Traits = map[string]any{"timezone": zone, "phone": "+447700900123"}
	p.Consent = append(p.Consent, profile.Consent{Channel: message.SMS, Purpose: string(message.Marketing), Granted: true})
	return policy.Request{Profile: p, Channel: message.SMS, Category: category, Now: now}
}

// TestQuietFrom: no minute before is quiet, and that one is, also where clocks are set.
func TestQuietFrom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clock := func(name string) schedule.Clock {
			return schedule.Clock{Hour: rapid.IntRange(0, 23).Draw(t, name), Minute: rapid.SampledFrom([]int{0, 30}).Draw(t, name+" minute")}
		}
		p := &policy.Policy{Quiet: map[message.Channel]schedule.Window{message.SMS: {From: clock("from"), To: clock("to")}}}
		zone := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"}).Draw(t, "zone")
		begin := rapid.SampledFrom([]time.Time{time.Date(2026, 3, 28, 9, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 9, 0, 0, 0, time.UTC)}).Draw(t, "begin")
		now := begin.Add(time.Duration(rapid.IntRange(0, 47).Draw(t, "half hours")) * 30 * time.Minute)
		r := textAt(zone, message.Marketing, now)
		quiet := func(at time.Time) bool {
			r := r
			r.Now = at
			return p.Decide(r).Reason == message.ReasonQuietHours
		}
		if quiet(now) {
			t.Skip("it is quiet already")
		}
		from := p.QuietFrom(r)
		want := now
		for !quiet(want) && want.Sub(now) < 50*time.Hour {
			want = want.Add(15 * time.Minute)
		}
		switch {
		case want.Sub(now) >= 50*time.Hour:
			if !from.IsZero() && !quiet(from) {
				t.Fatalf("quiet from %v, and it never is", from)
			}
		case !from.Equal(want):
			t.Fatalf("at %v quiet from %v, want %v", now, from, want)
		}
	})
}

func TestNeverQuiet(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	night := schedule.Window{From: schedule.Clock{Hour: 20}, To: schedule.Clock{Hour: 9}}
	for name, c := range map[string]struct {
		quiet    map[message.Channel]schedule.Window
		category message.Category
		want     time.Time
	}{
		"marketing":     {map[message.Channel]schedule.Window{message.SMS: night}, message.Marketing, time.Date(2026, 3, 2, 19, 0, 0, 0, time.UTC)},
		"transactional": {map[message.Channel]schedule.Window{message.SMS: night}, message.Transactional, time.Time{}},
		"other channel": {map[message.Channel]schedule.Window{message.Email: night}, message.Marketing, time.Time{}},
		"empty window":  {map[message.Channel]schedule.Window{message.SMS: {}}, message.Marketing, time.Time{}},
	} {
		p := &policy.Policy{Quiet: c.quiet}
		if got := p.QuietFrom(textAt("Europe/Berlin", c.category, now)); !got.Equal(c.want) {
			t.Errorf("%s: quiet from %v, want %v", name, got, c.want)
		}
	}
	if got := (*policy.Policy)(nil).QuietFrom(textAt("Europe/Berlin", message.Marketing, now)); !got.IsZero() {
		t.Errorf("without a policy: quiet from %v", got)
	}
}
