package profile_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

func at(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }

func apply(t *testing.T, p *profile.Profile, typ string, when time.Time, data any) {
	t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	e := event.Event{ID: "x", Source: "test", Type: typ, Subject: p.ID, Time: when, Data: b}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	p.Apply(&e)
}

type object = map[string]any

func TestOrdersAddUp(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(1))
	order := func(id string, total float64, products ...string) object {
		var lines []object
		for _, k := range products {
			lines = append(lines, object{"product_id": k})
		}
		return object{"order_id": id, "total": total, "products": lines}
	}
	apply(t, p, event.OrderCompleted, at(2), order("A", 0.1, "lamp", "bulb"))
	apply(t, p, event.OrderCompleted, at(4), order("C", 0.2, "bulb", "mug"))
	apply(t, p, event.OrderCompleted, at(3), order("B", 0.3)) // late
	apply(t, p, event.OrderRefunded, at(5), object{"order_id": "A", "total": 0.1})
	got := p.Orders
	if got.Count != 3 || got.Refunds != 1 || got.Total.String() != "0.6" || got.Refunded.String() != "0.1" {
		t.Errorf("orders = %+v", got)
	}
	if !got.FirstAt.Equal(at(2)) || !got.LastAt.Equal(at(4)) || got.LastID != "C" {
		t.Errorf("orders from %s to %s (%s)", got.FirstAt, got.LastAt, got.LastID)
	}
	if want := (profile.Keys{"bulb", "lamp", "mug"}); !reflect.DeepEqual(got.Bought, want) {
		t.Errorf("bought %v, want %v", got.Bought, want)
	}
}

func TestTraitsAndAddresses(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(1))
	apply(t, p, event.ProfileIdentified, at(1), object{event.ProfileProperty: object{"traits": object{"email": "a@example.com", "age": 36}}})
	apply(t, p, event.ProfileIdentified, at(2), object{event.ProfileProperty: object{"traits": object{"age": nil, "phone": "+447700900001"}}})
	if p.Address(message.Email) != "a@example.com" || p.Address(message.SMS) != "+447700900001" || p.Address(message.WhatsApp) != "+447700900001" || p.Address("fax") != "" {
		t.Errorf("traits = %v", p.Traits)
	}
	if _, ok := p.Traits["age"]; ok {
		t.Error("null does not remove a trait")
	}
	if !p.Known || profile.New(event.AnonymousPrefix+"x", at(1)).Known {
		t.Error("known is decided by the subject")
	}
}

// Whatever the order in which consents arrive, the word with the latest time counts.
func TestConsentIsTheLatestWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		type word struct {
			hour    int
			granted bool
		}
		words := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) word {
			return word{rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.Bool().Draw(rt, "granted")}
		}), 1, 8).Draw(rt, "words")
		last, want := -1, false
		p := profile.New("ada", at(0))
		for _, w := range words {
			switch {
			case w.hour > last:
				last, want = w.hour, w.granted
			case w.hour == last:
				want = want && w.granted // of two words at once, no is the safe one
			}
			apply(t, p, event.ProfileIdentified, at(23), object{event.ProfileProperty: object{"consent": []object{
				{"channel": "email", "purpose": "marketing", "granted": w.granted, "source": "test", "at": at(w.hour)},
			}}})
		}
		if got := p.Consents(message.Email, "marketing"); got != want {
			rt.Fatalf("consent is %v after %v, want %v", got, words, want)
		}
		if p.Consents(message.SMS, "marketing") || p.Consents(message.Email, "surveys") {
			rt.Fatal("consent spread to another channel or purpose")
		}
	})
}
