package profile_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

func happened(typ string, when time.Time, data string) *event.Event {
	return &event.Event{ID: "x", Source: "test", Type: typ, Subject: "ada", Time: when, Data: json.RawMessage(data)}
}

// manyEvents are events of a few types over two years, several of them at one time.
func manyEvents(seed uint64, n int) []*event.Event {
	r := rand.New(rand.NewPCG(seed, 1))
	types := []string{event.OrderCompleted, "product.viewed", "message.sent", profile.Tagged, profile.Untagged, profile.TierReached, profile.TierLost, "prediction.churn_risk_changed", "email.bounced", "email.complained"}
	all := make([]*event.Event, n)
	for i := range all {
		when := at(0).Add(time.Duration(r.IntN(700*24)) * time.Hour)
		data := fmt.Sprintf(`{"order_id": "O%d", "total": %d.%02d, "value": "%d", "category": "%s", "products": [{"product_id": "p%d", "category": "%s"}],
			"tag": "t%d", "tier": "tier%d", "channel": "email", "kind": "%s"}`,
			i, r.IntN(200), r.IntN(100), r.IntN(9), strings.Repeat("lamp", r.IntN(5)), r.IntN(9), []string{"light", "garden"}[r.IntN(2)], r.IntN(5), r.IntN(4), []string{"soft", "hard"}[r.IntN(2)])
		typ := types[r.IntN(len(types))]
		if strings.HasPrefix(typ, "prediction.") {
			data = fmt.Sprintf(`{"value": 0.%d}`, r.IntN(100))
		}
		all[i] = happened(typ, when, data)
	}
	return all
}

func fold(events []*event.Event) *profile.Profile {
	p := profile.New("ada", at(0))
	for _, e := range events {
		p.Apply(e)
	}
	return p
}

// The history, the tags, the tier, the predictions and the blocks do not depend on the order in which
// events arrive.
func TestHistoryIsTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		events := manyEvents(rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(1, 1500).Draw(rt, "events"))
		a := fold(events)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 2))
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		b := fold(events)
		for i := range a.History {
			if !reflect.DeepEqual(a.History[i], b.History[i]) {
				rt.Fatalf("%s:\n%+v\nand\n%+v", a.History[i].Type, a.History[i], b.History[i])
			}
		}
		if !reflect.DeepEqual(a.Blocked, b.Blocked) {
			rt.Fatalf("%+v and %+v", a.Blocked, b.Blocked)
		}
		if !reflect.DeepEqual(a.Tags, b.Tags) || a.Loyalty != b.Loyalty || !reflect.DeepEqual(a.Predictions, b.Predictions) {
			rt.Fatalf("%v %v %v, and %v %v %v", a.Tags, a.Loyalty, a.Predictions, b.Tags, b.Loyalty, b.Predictions)
		}
	})
}

// Nothing is lost before 400 days with events are full: what is exact and what is folded
// are together all there was, and the exact ones are the latest.
func TestHistoryAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		events := manyEvents(rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(1, 1500).Draw(rt, "events"))
		p := fold(events)
		for _, typ := range []string{event.OrderCompleted, "product.viewed"} {
			checkAddsUp(rt, events, p.History.Of(typ), typ)
		}
	})
}

func checkAddsUp(rt *rapid.T, events []*event.Event, r *profile.Record, typ string) {
	var times []time.Time
	total, value := 0.0, 0.0
	for _, e := range events {
		if e.Type == typ {
			var d struct {
				Total float64 `json:"total"`
				Value float64 `json:"value,string"`
			}
			if err := json.Unmarshal(e.Data, &d); err != nil {
				rt.Fatal(err)
			}
			total, value, times = total+d.Total, value+d.Value, append(times, e.Time)
		}
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	count, exact, sum := 0, 0, 0.0
	for n := range r.Entries() {
		if !n.Time().Equal(times[exact]) {
			rt.Fatalf("%s: entry %d is of %s, want %s", typ, exact, n.Time(), times[exact])
		}
		if v, ok := n.Property(profile.KeyOf("total")).(float64); ok {
			sum += v
		}
		exact, count = exact+1, count+1
	}
	if want := min(64, len(times)); exact > 64 || exact < want-20 {
		rt.Fatalf("%s: %d of %d are exact", typ, exact, len(times))
	}
	for d := range r.Days() {
		s, _ := d.Sum(profile.KeyOf("total"))
		sum += s
		count += int(d.Count)
	}
	life, of := r.Sum("total")
	worth, _ := r.Sum("value")
	if count != len(times) || int(r.Total()) != len(times) || int(of) != len(times) || !near(sum, total) || !near(life, total) || !near(worth, value) {
		rt.Fatalf("%s: %d events (%d), totals %v, %v and values %v; want %d, %v, %v", typ, count, r.Total(), sum, life, worth, len(times), total, value)
	}
	if len(times) > 0 && (!r.FirstAt().Equal(times[len(times)-1]) || !r.LastAt().Equal(times[0])) {
		rt.Fatalf("%s from %s to %s", typ, r.FirstAt(), r.LastAt())
	}
}

func near(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }

// A history keeps its size whatever happens, and what is stored reads the same.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	long := strings.Repeat("x", 60)
	for i := range 20_000 {
		when := at(0).Add(time.Duration(i) * 13 * time.Hour)
		p.Apply(happened(fmt.Sprintf("type%d.happened", i%60), when, fmt.Sprintf(`{"total": %d.5, "value": 1e10, "revenue": 3, "a": %q, "b": %q, "c": %q, "d": %q, "e": %q, "f": %q}`, i, long, long, long, long, long, long)))
		p.Apply(happened(event.OrderCompleted, when, fmt.Sprintf(`{"order_id": "O%d", "total": 1.5, "revenue": 1, "products": [{"product_id": %q, "category": %q}]}`, i, long, long)))
	}
	if len(p.History) != 48 || p.History.Of(event.OrderCompleted).Total() != 20_000 {
		t.Errorf("%d types, %d orders", len(p.History), p.History.Of(event.OrderCompleted).Total())
	}
	days := 0
	for range p.History.Of(event.OrderCompleted).Days() {
		days++
	}
	if days != 400 {
		t.Errorf("%d days", days)
	}
	b, err := cbor.Marshal(p.History)
	if err != nil || len(b) > 400<<10 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	var again profile.History
	if err := cbor.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(again, p.History) {
		t.Errorf("what was stored reads differently: %v", err)
	}
}

func TestEntryKeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	p.Apply(happened("product.viewed", at(1).Add(1234567*time.Nanosecond), `{"zebra": "z", "email": "a@example.com", "name": "Lamp \"Ida\"", "url": "https://example.com",
		"price": 12.345678, "list": [1, {"price": 2}], "none": null, "category": "lamps", "": 1, "long": "`+strings.Repeat("l", 65)+`",
		"quantity": 3, "position": -4, "sale": true, "gone": false, "value": "7.25", "coupon": "ümlaut"}`))
	var n profile.Entry
	for n = range p.History.Of("product.viewed").Entries() {
		break
	}
	if !n.Time().Equal(at(1).Add(time.Millisecond)) {
		t.Errorf("at %s", n.Time())
	}
	for name, want := range map[string]any{
		"value": 7.25, "category": "lamps", "price": 12.345678, "quantity": 3.0, "coupon": "ümlaut", // by rank
		"gone": false, "name": `Lamp "Ida"`, "position": -4.0, // by the alphabet
		"sale": nil, "zebra": nil, // more than eight
		"email": nil, "url": nil, "long": nil, "none": nil, "list": nil, // never
	} {
		if got := n.Property(profile.KeyOf(name)); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	p.Apply(happened(event.OrderCompleted, at(2), `{"order_id": "A", "total": 3, "products": [{"product_id": "x", "category": "c"}, {"sku": "y"}]}`))
	for n = range p.History.Of(event.OrderCompleted).Entries() {
		if got, want := n.Property(profile.KeyOf("products")), []profile.Line{{"x", "c"}, {"y", ""}}; !reflect.DeepEqual(got, want) {
			t.Errorf("lines %v, want %v", got, want)
		}
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	for _, e := range []*event.Event{
		happened(profile.Tagged, at(2), `{"tag": "vip"}`), happened(profile.Tagged, at(1), `{"tag": "garden"}`),
		happened(profile.Untagged, at(1), `{"tag": "vip"}`), happened(profile.Untagged, at(3), `{"tag": "garden"}`), happened(profile.Tagged, at(2), `{"tag": "garden"}`),
		happened(profile.PointsAwarded, at(1), `{"points": 120}`), happened(profile.PointsAwarded, at(1), `{"points": -20}`), happened(profile.PointsAwarded, at(1), `{"points": "lots"}`),
		happened(profile.TierReached, at(4), `{"tier": "gold"}`), happened(profile.TierReached, at(3), `{"tier": "silver"}`),
		happened(profile.TierLost, at(6), `{"tier": "gold", "previous": "platinum"}`), happened(profile.TierLost, at(5), `{"tier": "", "previous": "gold"}`),
		happened("prediction.churn_risk_changed", at(4), `{"value": 0.7}`), happened("prediction.churn_risk_changed", at(3), `{"value": 0.2}`), happened("prediction.clv_changed", at(3), `{"value": "much"}`),
	} {
		p.Apply(e)
	}
	if want := []string{"vip"}; !reflect.DeepEqual(p.Tags, want) {
		t.Errorf("tags %v, want %v", p.Tags, want)
	}
	if p.Loyalty.Points != 100 || p.Loyalty.Tier != "gold" || !p.Loyalty.TierAt.Equal(at(6)) {
		t.Errorf("loyalty %+v", p.Loyalty)
	}
	if want := (map[string]float64{"churn_risk": 0.7}); !reflect.DeepEqual(p.Predictions, want) {
		t.Errorf("predictions %v, want %v", p.Predictions, want)
	}
	for i := range 500 {
		p.Apply(happened(profile.Tagged, at(5).Add(time.Duration(i)*time.Second), fmt.Sprintf(`{"tag": "t%d"}`, i)))
	}
	if len(p.Tags) != 200 || len(p.Words) != 200 || len(p.Predictions) != 0 {
		t.Errorf("%d tags, %d words, %d predictions after 500 tags", len(p.Tags), len(p.Words), len(p.Predictions))
	}
}

// FuzzHistory: whatever the data of an event and the bytes that are stored, nothing panics
// and nothing grows without bound.
func FuzzHistory(f *testing.F) {
	f.Add([]byte(`{"total": 1.5, "a\"b": [{"x": "\\"}], "c": "é"}`), []byte("\x00\x09\x00\x00\x00\x00\x00\x01\x01\x02\x02"), []byte("\x01\x02\x03\x02\x01\x00\x02\x02"))
	f.Add([]byte(`{"total"`), []byte{}, []byte{0})
	f.Fuzz(func(t *testing.T, data, exact, folded []byte) {
		p := profile.New("ada", at(0))
		p.History = profile.History{{Type: "x.happened", Exact: exact, Folded: folded}}
		for i := range 3 {
			p.Apply(happened("x.happened", at(i), string(data)))
		}
		r := p.History.Of("x.happened")
		entries := 0
		for n := range r.Entries() {
			n.Property(profile.KeyOf("a"))
			n.Property(profile.KeyOf("products"))
			entries++
		}
		for d := range r.Days() {
			d.Sum(profile.KeyOf("total"))
		}
		if r.Total() != 3 || entries > 64 {
			t.Errorf("%d events, %d entries", r.Total(), entries)
		}
	})
}
