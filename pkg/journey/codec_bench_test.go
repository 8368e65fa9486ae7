package journey

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
)

// lived is the state of somebody who ordered so often and walks through so many journeys.
func lived(orders, journeys int) *State {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	s := NewState("customer-17850", at)
	s.Snapshot, s.Log = "3f2a9c51d0b7", &policy.Log{}
	s.Profile.Traits = map[string]any{"email": "ada@example.com", "first_name": "Ada", "country": "GB", "newsletter": true, "visits": 12.0}
	for _, channel := range []message.Channel{message.Email, message.SMS} {
		s.Profile.Consent = append(s.Profile.Consent, profile.Consent{Channel: channel, Purpose: "marketing", Granted: true, Source: "checkout", At: at})
	}
	s.Profile.Segments = []profile.Membership{{Name: "regulars", Since: at}}
	for i := range orders {
		at = at.Add(30 * time.Hour)
		order := event.Event{
			ID: fmt.Sprintf("order-%d", i), Source: "shop", Type: event.OrderCompleted, Subject: s.Profile.ID, Time: at,
			Data: fmt.Appendf(nil, `{"order_id":"5%05d","total":45.5,"products":[{"product_id":"2%04d","price":20.5,"quantity":1},{"product_id":"8%04dA","price":12.5,"quantity":2}]}`, i, i, i/2),
		}
		s.Profile.Apply(&order)
		s.Profile.Apply(&event.Event{ID: "v", Source: "shop", Type: "product.viewed", Subject: s.Profile.ID, Time: at, Data: []byte(`{"product_id":"20001"}`)})
		if i >= orders-journeys {
			s.Triggers = append(s.Triggers, newTrigger(&order, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
		}
	}
	s.Profile.Orders.Total = decimal.RequireFromString("1234.50")
	for i, trigger := range s.Triggers {
		s.live(i, trigger.UID, at)
	}
	return s
}

// live has the state walk through one more journey.
func (s *State) live(i int, trigger string, at time.Time) {
	name, version, instance := fmt.Sprintf("journey-%d", i), "9b1c0d7e5a44", fmt.Sprintf("0f6e2c8d9a7b4e31%04d", i)
	sent := []SentRef{{Step: "thanks", ID: "c0ffee00" + instance, At: at}}
	s.Instances = append(s.Instances, Instance{
		ID: instance, Journey: name, Version: version, Key: "A1", At: at, Trigger: trigger, Step: "rest", Since: at,
		Due: at.Add(72 * time.Hour), Sent: sent, Arms: []ArmRef{{Step: "split", Arm: "b"}},
		Suggestions: []Suggestion{{ID: "22423", Name: "Regency cakestand", Category: "Kitchen", URL: "https://shop.example/22423"}},
	})
	s.Goals = append(s.Goals, Pursuit{Instance: instance, Journey: name, Version: version, Until: at.Add(240 * time.Hour), Trigger: trigger, Sent: sent})
	s.Starts = append(s.Starts, Start{Journey: name, At: at.Add(time.Hour), After: at})
	s.Sorted = append(s.Sorted, Sorting{Segment: name, Version: version, Next: at.Add(24 * time.Hour)})
	s.Gone = append(s.Gone, Departed{Instance: instance, At: at})
	s.noteEntry(name, "A1", at)
	s.Log.Note(policy.Sent{At: at, Channel: message.Email, Category: message.Marketing, Journey: name, ID: instance})
}

func typical() *State { return lived(6, 2) }
func large() *State   { return lived(100, 20) }

// BenchmarkCodec writes and reads states, by the codec and by the library alone.
func BenchmarkCodec(b *testing.B) {
	c := newCodec(b)
	for name, s := range map[string]*State{"typical": typical(), "large": large()} {
		body, err := c.Encode(s)
		if err != nil {
			b.Fatal(err)
		}
		for what, do := range map[string]func() error{
			"encode":         func() error { _, err := c.Encode(s); return err },
			"decode":         func() error { _, err := c.Decode(body); return err },
			"encode/library": func() error { _, err := library().enc.Marshal(s); return err },
			"decode/library": func() error { var back State; return library().dec.Unmarshal(body[1:], &back) },
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(body)))
				for b.Loop() {
					if err := do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
