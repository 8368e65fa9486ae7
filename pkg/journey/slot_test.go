package journey_test

import (
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/policy"
)

// A message that did not go out gives its slot under a cap back, and one that may have gone
// keeps it.
func TestReceiptsFreeSlots(t *testing.T) {
	t.Parallel()
	for receipt, next := range map[string]string{
		event.MessageFailed:     "goes",
		event.MessageSuppressed: "goes",
		event.MessageSent:       "kept back: capped",
		event.MessageUncertain:  "kept back: capped",
	} {
		t.Run(receipt, func(t *testing.T) {
			t.Parallel()
			d := thankYou()
			d.Category = message.Marketing
			p := newPerson(t, "ada")
			set, err := journey.NewSet(journey.Config{
				Journeys: []*journey.Definition{d}, Policy: &policy.Policy{Caps: []policy.Cap{{AtMost: 1, Per: 7 * day}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			p.set = set
			p.orders(0, "A1")
			p.happens(time.Hour, "receipt", receipt, map[string]any{"message_id": p.sent[0].Command.ID})
			p.orders(day, "A2")
			p.want("day 0: thank-you entered", "day 0: thank-you email thank-you goes", "day 0: thank-you finished",
				"day 1: thank-you entered", "day 1: thank-you email thank-you "+next, "day 1: thank-you finished")
		})
	}
}

// How late a message may be is said by the version that decided it.
func TestLatenessOfVersions(t *testing.T) {
	t.Parallel()
	hasty, patient := winBack(), winBack()
	hasty.MaxLateness, patient.Version, patient.MaxLateness = time.Hour, "v0", 3*day
	set, err := journey.NewSet(journey.Config{Journeys: []*journey.Definition{hasty, thankYou()}, Old: []*journey.Definition{patient}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, version string
		want          time.Duration
	}{
		{"win-back", "v1", time.Hour},
		{"win-back", "v0", 3 * day},
		{"win-back", "forgotten", time.Hour},
		{"thank-you", "v1", journey.DefaultLateness},
		{"nobody's", "v1", journey.DefaultLateness},
	} {
		if got := set.Lateness(c.name, c.version); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.version, c.name, got, c.want)
		}
	}
}
