package profile_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// kinds are what may happen, each with data drawn at random. Bounces and answers name their
// address: those that do not are about the one that is known when they arrive.
func kinds() map[string]func(t *rapid.T, id string) object {
	few := func(t *rapid.T, what ...any) any { return rapid.SampledFrom(what).Draw(t, "one") }
	address := func(t *rapid.T) any { return few(t, "a@example.com", "b@example.com", "+447700900001") }
	order := func(t *rapid.T, id string) object {
		return object{
			"order_id": "O" + id, "total": rapid.SampledFrom([]float64{10, 0.35, 19.9}).Draw(t, "total"),
			"products": []object{{"product_id": few(t, "lamp", "bulb", "mug")}, {"product_id": few(t, "rope", "oar")}},
		}
	}
	return map[string]func(t *rapid.T, id string) object{
		event.OrderCompleted: order, event.OrderRefunded: order,
		event.PageViewed:       func(*rapid.T, string) object { return object{} },
		profile.Tagged:         func(t *rapid.T, _ string) object { return object{"tag": few(t, "a", "b")} },
		profile.Untagged:       func(t *rapid.T, _ string) object { return object{"tag": few(t, "a", "b")} },
		profile.PointsAwarded:  func(t *rapid.T, _ string) object { return object{"points": rapid.IntRange(-50, 500).Draw(t, "points")} },
		profile.TierReached:    func(t *rapid.T, _ string) object { return object{"tier": few(t, "silver", "gold")} },
		profile.TierLost:       func(t *rapid.T, _ string) object { return object{"tier": few(t, "silver", "")} },
		"prediction.x_changed": func(t *rapid.T, _ string) object { return object{"value": rapid.Float64Range(0, 1).Draw(t, "value")} },
		event.EmailBounced: func(t *rapid.T, _ string) object {
			return object{"kind": few(t, "hard", "soft"), "code": few(t, "5.1.1", "4.2.2", "5.2.1"), "address": address(t)}
		},
		event.EmailComplained: func(t *rapid.T, _ string) object { return object{"address": address(t)} },
		event.SMSReceived: func(t *rapid.T, _ string) object {
			return object{"intent": few(t, "stop", "start"), "address": address(t)}
		},
		event.PreferencesChanged: func(t *rapid.T, _ string) object {
			return object{"pause_until": few(t, "", "2027-01-01T00:00:00Z"), "write_less": rapid.Bool().Draw(t, "less")}
		},
		event.ProfileIdentified: func(t *rapid.T, _ string) object { return object{event.ProfileProperty: object{"traits": traits(t)}} },
		event.ProfileAliased:    func(t *rapid.T, _ string) object { return object{event.ProfileProperty: object{"traits": traits(t)}} },
		"cart.viewed": func(t *rapid.T, id string) object {
			return object{event.ProfileProperty: object{"consent": []object{unlike(t, id)}}}
		},
		event.ConsentConfirmed: func(t *rapid.T, id string) object {
			return object{event.ProfileProperty: object{"consent": []object{unlike(t, id)}}}
		},
	}
}

// unlike is a word about consent that says the same as no other: a ledger leaves out what is
// said again.
func unlike(t *rapid.T, id string) object {
	w := drawWord(t)
	w["proof"] = "proof " + id
	return w
}

func traits(t *rapid.T) object {
	return rapid.MapOfN(rapid.SampledFrom([]string{"email", "phone", "city", "size"}), rapid.SampledFrom([]any{
		nil, "a@example.com", "A@example.com ", "b@example.com", "+447700900001", 3.5, true, false, []any{"x", 1.0}, object{"b": 1.0, "a": "x"},
	}), 1, 4).Draw(t, "traits")
}

// drawEvents are events of one id at few different times, each with an id of its own.
func drawEvents(t *rapid.T, id string, atMost int) []*event.Event {
	all := kinds()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	list := make([]*event.Event, rapid.IntRange(1, atMost).Draw(t, "events"))
	for i := range list {
		typ := rapid.SampledFrom(names).Draw(t, "type")
		name := fmt.Sprint(id, i)
		e := happened(typ, at(rapid.IntRange(0, 9).Draw(t, "hour")), string(encoded(all[typ](t, name))))
		e.ID = name
		list[i] = e
	}
	return list
}

func folded(id string, events []*event.Event) *profile.Profile {
	p := profile.New(id, events[0].Time)
	for _, e := range events {
		p.Apply(e)
	}
	return p
}

func form(t interface{ Fatal(...any) }, p *profile.Profile) []byte {
	b, err := profile.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// uncut takes out of ledgers what they leave out of when it is said again in a row: they keep
// the first and the last of those that they have seen so far.
func uncut(list ...*profile.Profile) {
	for _, p := range list {
		p.Ledger = slices.DeleteFunc(p.Ledger, func(s profile.Statement) bool { return s.Source == "complaint" })
		if len(p.Ledger) == 0 {
			p.Ledger = nil
		}
	}
}

func shuffled(t *rapid.T, events []*event.Event) []*event.Event {
	list := append([]*event.Event(nil), events...)
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 3))
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// same fails where two profiles are not, and says in which field.
func same(t *rapid.T, what string, got, want *profile.Profile) {
	t.Helper()
	if bytes.Equal(form(t, got), form(t, want)) {
		return
	}
	a, b := reflect.ValueOf(*got), reflect.ValueOf(*want)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s: %s is\n%+v\nwant\n%+v", what, a.Type().Field(i).Name, a.Field(i).Interface(), b.Field(i).Interface())
		}
	}
	t.FailNow()
}

// Whatever the order in which events arrive, the profile is the same.
func TestTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t, "e", 30)
		got, want := folded("ada", shuffled(t, events)), folded("ada", events)
		uncut(got, want)
		same(t, "in another order", got, want)
	})
}

// A join does not depend on the order of parts, nor on which are joined first; of one part it
// is the part; and it goes through its stored form.
func TestJoins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := folded("a", drawEvents(t, "a", 15)), folded("b", drawEvents(t, "b", 15)), folded("c", drawEvents(t, "c", 15))
		before := form(t, a)
		all := profile.Join("a", a, b, c)
		same(t, "the other way round", profile.Join("a", c, b, a), all)
		same(t, "the first two first", profile.Join("a", profile.Join("b", a, b), c), all)
		same(t, "the last two first", profile.Join("a", a, profile.Join("c", b, c)), all)
		same(t, "with nothing", profile.Join("a", all, profile.New("x", all.Since)), all)
		same(t, "one alone", profile.Join("a", a), a)
		if !bytes.Equal(form(t, a), before) {
			t.Fatal("a join changes its parts")
		}
		stored, err := profile.JoinStored(form(t, a), form(t, profile.Join("b", b, c)))
		if err != nil {
			t.Fatal(err)
		}
		read, err := profile.Decode(stored)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "stored", read, all)
	})
}

// Joined is what happened under several ids what it would be under one, apart from consent, of
// which the stricter holds, and from what its ledger leaves out.
func TestJoinedAsIfUnderOneID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawEvents(t, "x", 20), drawEvents(t, "y", 20)
		joined, one := profile.Join("ada", folded("x", x), folded("y", y)), folded("ada", shuffled(t, append(x, y...)))
		uncut(joined, one)
		for _, p := range []*profile.Profile{joined, one} {
			p.Consent, p.Voices = nil, nil
		}
		same(t, "joined", joined, one)
	})
}

// A view takes an event in as the join of its parts does.
func TestViewsTakeEventsIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawEvents(t, "x", 10), drawEvents(t, "y", 10)
		more := drawEvents(t, "z", 10)
		view := profile.Join("ada", folded("x", x), folded("y", y))
		for _, e := range more {
			view.Apply(e)
		}
		want := profile.Join("ada", folded("x", append(x, more...)), folded("y", y))
		uncut(view, want)
		for _, p := range []*profile.Profile{view, want} { // A word is about the address that is known.
			p.Consent, p.Voices = nil, nil
		}
		same(t, "the view", view, want)
	})
}

// Under one address, the latest word counts, whichever id it was said under.
func TestWordsUnderOneAddress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var parts [2]*profile.Profile
		one := profile.New("ada", at(0))
		for i := range parts {
			parts[i] = profile.New(fmt.Sprint(i), at(0))
			who := happened(event.ProfileIdentified, at(0), `{"$profile":{"traits":{"email":"ada@example.com","phone":"+447700900001"}}}`)
			parts[i].Apply(who)
			one.Apply(who)
			for k := range rapid.IntRange(0, 8).Draw(t, "words") {
				e := said(fmt.Sprint(i, "/", k), at(12), drawWord(t))
				parts[i].Apply(e)
				one.Apply(e)
			}
		}
		joined := profile.Join("ada", parts[0], parts[1])
		if joined.Voices != nil || !reflect.DeepEqual(joined.Consent, one.Consent) {
			t.Fatalf("joined\n%+v\nwant\n%+v", joined.Consent, one.Consent)
		}
	})
}

func TestTheStricterConsent(t *testing.T) {
	t.Parallel()
	yes, no, sure := object{"granted": true}, object{"granted": false}, object{"granted": true, "confirmed": true}
	everything := object{"granted": false, "purpose": "*"}
	type words map[int]object
	for name, c := range map[string]struct {
		other              string // address
		mine, others       words
		granted, confirmed bool
	}{
		"one alone has spoken":                          {other: "b@example.com", others: words{1: yes}, granted: true},
		"a refusal under another address":               {other: "b@example.com", mine: words{5: yes}, others: words{1: no}},
		"a refusal of everything under another address": {other: "b@example.com", mine: words{5: yes}, others: words{1: everything}},
		"that was taken back there":                     {other: "b@example.com", mine: words{5: yes}, others: words{1: no, 2: yes}, granted: true},
		"a yes that is confirmed later":                 {other: "b@example.com", mine: words{5: sure}, others: words{1: no}, granted: true, confirmed: true},
		"and one that was confirmed before":             {other: "b@example.com", mine: words{1: sure}, others: words{5: no}},
		"both confirmed":                                {other: "b@example.com", mine: words{1: sure}, others: words{5: sure}, granted: true, confirmed: true},
		"one of both confirmed":                         {other: "b@example.com", mine: words{1: sure}, others: words{5: yes}, granted: true},
		"the same address, otherwise written":           {other: " A@Example.com", mine: words{5: yes}, others: words{1: no}, granted: true},
		"the same address, refused later":               {other: "a@example.com", mine: words{1: sure}, others: words{5: no}},
		"when no address was known":                     {mine: words{5: yes}, others: words{1: no}, granted: true},
		"when no address was known, later":              {mine: words{1: yes}, others: words{5: no}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person := func(id, email string, all words) *profile.Profile {
				p := profile.New(id, at(0))
				if email != "" {
					apply(t, p, event.ProfileIdentified, at(0), object{event.ProfileProperty: object{"traits": object{"email": email}}})
				}
				for hour, w := range all {
					full := object{"channel": "email", "purpose": "marketing", "source": "form"}
					for k, v := range w {
						full[k] = v
					}
					p.Apply(said(fmt.Sprint(id, hour), at(hour), full))
				}
				return p
			}
			p := profile.Join("ada", person("x", "a@example.com", c.mine), person("y", c.other, c.others))
			if p.Consents(message.Email, "marketing") != c.granted || p.Confirms(message.Email, "marketing") != c.confirmed {
				t.Errorf("consents %v, confirms %v: %+v", p.Consents(message.Email, "marketing"), p.Confirms(message.Email, "marketing"), p.Consent)
			}
		})
	}
}

// What comes late does not undo what is newer, a trait that was taken away neither.
func TestTraitsByTheirTime(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(1))
	tell := func(hour int, traits object) {
		apply(t, p, event.ProfileIdentified, at(hour), object{event.ProfileProperty: object{"traits": traits}})
	}
	tell(3, object{"email": "a@example.com", "city": "Ulm", "size": "M"})
	tell(5, object{"city": nil})
	tell(4, object{"email": "b@example.com", "city": "Bonn", "size": nil})
	tell(6, object{"email": "b@example.com"}) // the same again
	tell(5, object{"email": "c@example.com"})
	if want := (object{"email": "b@example.com"}); !reflect.DeepEqual(p.Traits, want) {
		t.Errorf("traits %v, want %v", p.Traits, want)
	}
	if len(p.Told) != 2 || !p.Since.Equal(at(1)) {
		t.Errorf("told %v since %s", p.Told, p.Since)
	}
	for i := range 200 {
		tell(7, object{fmt.Sprint("t", i): nil})
	}
	if len(p.Told) > 52 {
		t.Errorf("%d traits that are gone are remembered", len(p.Told))
	}
	old := profile.New("bob", at(1)) // as it was stored before times were
	old.Traits = object{"city": "Ulm"}
	apply(t, old, event.ProfileIdentified, at(0), object{event.ProfileProperty: object{"traits": object{"city": "Bonn"}}})
	if old.Trait("city") != "Bonn" || !old.Since.Equal(at(0)) {
		t.Errorf("%v since %s", old.Traits, old.Since)
	}
}

// FuzzDecode: what is read is written and read again.
func FuzzDecode(f *testing.F) {
	p := profile.New("ada", at(1))
	p.Apply(happened(event.ProfileIdentified, at(3), `{"$profile":{"traits":{"email":"a@example.com","x":[1,{"y":null}]}}}`))
	p.Apply(happened(event.OrderCompleted, at(2), `{"order_id":"A","total":3,"$profile":{"traits":{"city":null}}}`))
	f.Add(form(f, p))
	f.Add(form(f, profile.Join("bob", p, profile.New("x", time.Unix(0, 0)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := profile.Decode(b)
		if err != nil {
			return
		}
		again, err := profile.Decode(form(t, p))
		if err != nil || !bytes.Equal(form(t, again), form(t, p)) {
			t.Fatalf("read %+v, then %+v: %v", p, again, err)
		}
		_ = profile.Join("x", p, again)
	})
}
