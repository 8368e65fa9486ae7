package profile_test

import (
	"testing"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

func TestWhatSuppressesAnAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ, data, why string
	}{
		"a bounce for good":            {"email.bounced", `{"kind": "hard"}`, "bounced"},
		"in the words of others":       {"email.bounced", `{"type": "Permanent"}`, "bounced"},
		"a full mailbox":               {"email.bounced", `{"kind": "soft"}`, ""},
		"the sender's reputation":      {"email.bounced", `{"kind": "block", "type": "hard"}`, ""},
		"a bounce that does not say":   {"email.bounced", `{"reason": "hard"}`, ""},
		"a bounce that cannot be read": {"email.bounced", `{"kind": 5}`, ""},
		"a complaint":                  {"email.complained", `{}`, "complained"},
		"a message that arrived":       {"email.delivered", `{"kind": "hard"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := profile.New("ada", at(0))
			p.Apply(happened(c.typ, at(1), c.data))
			if p.BlockedOn(message.Email) != (c.why != "") || p.BlockedOn(message.SMS) || (c.why != "" && p.Blocked[0].Why != c.why) {
				t.Errorf("blocked: %+v", p.Blocked)
			}
		})
	}
}

// A block is there once for each reason, since the first time, in whatever order they come.
func TestBlocksAreKeptOnce(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	for _, e := range []*event.Event{
		happened("email.complained", at(4), `{}`), happened("email.bounced", at(3), `{"kind": "hard"}`),
		happened("email.bounced", at(2), `{"kind": "hard"}`), happened("email.complained", at(5), `{}`),
	} {
		p.Apply(e)
	}
	want := []profile.Block{{Channel: message.Email, Why: "bounced", At: at(2)}, {Channel: message.Email, Why: "complained", At: at(4)}}
	if len(p.Blocked) != 2 || p.Blocked[0] != want[0] || p.Blocked[1] != want[1] {
		t.Errorf("%+v, want %+v", p.Blocked, want)
	}
}
