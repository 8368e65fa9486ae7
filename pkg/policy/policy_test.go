package policy_test

import (
	"testing"

	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
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
