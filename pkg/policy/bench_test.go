package policy_test

import (
	"testing"

	"github.com/fxamacker/cbor/v2"

	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// five are caps that all apply to the request and have room by little, so that each has to
// look through the whole log.
func five() *policy.Policy {
	p := shop()
	p.Caps = []policy.Cap{
		{Category: message.Marketing, Channel: message.Email, AtMost: 100, Per: 365 * day},
		{Channel: message.Email, AtMost: 100, Per: 180 * day},
		{Purpose: "marketing", AtMost: 100, Per: 98 * day},
		{Journey: "journey-1", AtMost: 100, Per: 365 * day},
		{PerJourney: true, AtMost: 100, Per: 365 * day},
	}
	return p
}

func BenchmarkDecide(b *testing.B) {
	full := five()
	full.Caps[4].AtMost = 20
	night := five()
	night.Quiet = quiet(message.Email, "20:00", "09:00")
	byPhone := ada()
	delete(byPhone.Traits, "timezone")
	for name, c := range map[string]struct {
		p      *policy.Policy
		change func(*policy.Request)
		want   message.Reason
	}{
		"goes":              {five(), func(*policy.Request) {}, ""},
		"capped":            {full, func(*policy.Request) {}, message.ReasonCapped},
		"zone of the phone": {night, func(r *policy.Request) { r.Profile = byPhone }, ""},
		"quiet hours":       {night, func(*policy.Request) {}, ""},
		"no policy":         {nil, func(*policy.Request) {}, ""},
	} {
		b.Run(name, func(b *testing.B) {
			r := policy.Request{Profile: ada(), Channel: message.Email, Category: message.Marketing, Journey: "journey-1", Priority: 80, Now: noon(), Log: hundred()}
			r.Log.Note(policy.Sent{At: noon(), Channel: message.SMS, Category: message.Marketing, Purpose: "surveys", Journey: "nps", ID: "survey"})
			r.Log.Withdraw(message.ID("instance", "step", 99))
			c.change(&r)
			b.ReportAllocs()
			for b.Loop() {
				if v := c.p.Decide(r); v.Reason != c.want {
					b.Fatal(v)
				}
			}
		})
	}
}

func BenchmarkLog(b *testing.B) {
	l := hundred()
	stored, err := cbor.Marshal(l)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("note and withdraw", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Note(policy.Sent{At: noon(), Channel: message.Email, Category: message.Marketing, Journey: "journey-1", ID: "m"})
			l.Withdraw("m")
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(stored)))
		for b.Loop() {
			var back policy.Log
			if err := cbor.Unmarshal(stored, &back); err != nil {
				b.Fatal(err)
			}
		}
	})
}
