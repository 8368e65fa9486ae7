package journey

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"rapport/pkg/profile"
)

// The variables are written by hand; what they have to be is said here by maps.
func TestVariablesAreThoseOfMaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prof, in, trigger := drawnPerson(t), drawnInstance(t), drawnTrigger(t)
		step := &Step{}
		if rapid.Bool().Draw(t, "survey") {
			step.Survey = &Survey{Name: rapid.String().Draw(t, "survey name")}
		}
		w := walk{state: &State{Profile: prof}}
		got, want := string(w.vars(&in, trigger, step)), byMaps(t, &prof, &in, trigger, step)
		if got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func drawnPerson(t *rapid.T) profile.Profile {
	name := rapid.OneOf(rapid.SampledFrom([]string{"id", "orders", "tags", "loyalty", "email", "a<b"}), rapid.String())
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e20, 1e20), func(f float64) any { return f }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil), rapid.Just[any]([]any{"x", 1.0, map[string]any{"y": "é"}}),
	)
	p := profile.Profile{
		ID: rapid.String().Draw(t, "id"), Traits: rapid.MapOfN(name, value, 0, 20).Draw(t, "traits"),
		Tags:    rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "tags"),
		Loyalty: profile.Loyalty{Points: int64(rapid.IntRange(-2, 2).Draw(t, "points")), Tier: rapid.SampledFrom([]string{"", "gold"}).Draw(t, "tier")},
	}
	p.Orders.Count = rapid.IntRange(0, 3).Draw(t, "orders")
	p.Orders.Total = decimal.New(rapid.Int64().Draw(t, "total"), -2)
	if p.Orders.Count > 0 {
		p.Orders.LastAt = time.Unix(0, rapid.Int64().Draw(t, "last")).UTC()
		p.Orders.LastID = rapid.String().Draw(t, "last id")
	}
	return p
}

func drawnInstance(t *rapid.T) Instance {
	var in Instance
	for range rapid.IntRange(0, 3).Draw(t, "suggestions") {
		in.Suggestions = append(in.Suggestions, Suggestion{
			ID: rapid.String().Draw(t, "product"), Name: rapid.String().Draw(t, "name"), Category: rapid.String().Draw(t, "category"),
			URL: rapid.String().Draw(t, "url"), ImageURL: rapid.String().Draw(t, "image"),
		})
	}
	return in
}

func drawnTrigger(t *rapid.T) *Trigger {
	return rapid.SampledFrom([]*Trigger{nil, {}, {Data: []byte(`{"order_id":"7"}`)}}).Draw(t, "trigger")
}

func byMaps(t *rapid.T, prof *profile.Profile, in *Instance, trigger *Trigger, s *Step) string {
	orders := map[string]any{"count": prof.Orders.Count, "total": prof.Orders.Total}
	if !prof.Orders.LastAt.IsZero() {
		orders["last_at"], orders["last_id"] = prof.Orders.LastAt, prof.Orders.LastID
	}
	who := map[string]any{}
	for k, v := range prof.Traits {
		who[k] = v
	}
	who["id"], who["orders"] = prof.ID, orders
	if len(prof.Tags) > 0 {
		who["tags"] = prof.Tags
	}
	if l := prof.Loyalty; l != (profile.Loyalty{}) {
		who["loyalty"] = map[string]any{"points": l.Points, "tier": l.Tier}
	}
	all := struct {
		Profile         map[string]any    `json:"profile"`
		Trigger         json.RawMessage   `json:"trigger,omitempty"`
		Recommendations []Suggestion      `json:"recommendations,omitempty"`
		Survey          map[string]string `json:"survey,omitempty"`
	}{Profile: who, Recommendations: in.Suggestions}
	if trigger != nil {
		all.Trigger = trigger.Data
	}
	if s.Survey != nil {
		all.Survey = map[string]string{"name": s.Survey.Name}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
