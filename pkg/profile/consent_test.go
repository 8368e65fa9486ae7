package profile_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// said is an event that carries words about consent.
func said(id string, when time.Time, words ...object) *event.Event {
	e := happened(event.ProfileIdentified, when, "{}")
	e.ID, e.Data = id, encoded(object{event.ProfileProperty: object{"consent": words}})
	return e
}

// drawWord is a word about one of a few purposes, at one of a few hours.
func drawWord(rt *rapid.T) object {
	w := object{
		"channel": rapid.SampledFrom([]string{"email", "email", "sms", "*"}).Draw(rt, "channel"),
		"purpose": rapid.SampledFrom([]string{"marketing", "surveys", "*"}).Draw(rt, "purpose"),
		"granted": rapid.Bool().Draw(rt, "granted"), "confirmed": rapid.Bool().Draw(rt, "confirmed"),
		"source": rapid.SampledFrom([]string{"form", "till"}).Draw(rt, "source"), "at": at(rapid.IntRange(0, 9).Draw(rt, "hour")),
	}
	if rapid.Bool().Draw(rt, "proof") {
		w["proof"] = rapid.SampledFrom([]string{"box ticked", "letter"}).Draw(rt, "letter")
	}
	return w
}

// consents are those of a profile whose words arrived in an order.
func consents(words []*event.Event) []profile.Consent {
	p := profile.New("ada", at(0))
	for _, e := range words {
		p.Apply(e)
	}
	slices.SortFunc(p.Consent, func(a, b profile.Consent) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Purpose, b.Purpose))
	})
	return p.Consent
}

// holds is the meaning of consent, made slowly of all words: a yes that no later word, and no
// refusal of the same time, takes back; confirmed by a word since the last refusal.
func holds(words []object, channel, purpose string) (granted, confirmed bool) {
	var yes, no, sure time.Time
	for _, w := range words {
		when := w["at"].(time.Time)
		if c := w["channel"]; c != channel && c != "*" {
			continue
		}
		switch {
		case w["purpose"] == "*" && w["granted"] == false, w["purpose"] == purpose && w["granted"] == false:
			no = later(no, when)
		case w["purpose"] == purpose:
			yes = later(yes, when)
			if w["confirmed"] == true {
				sure = later(sure, when)
			}
		}
	}
	return yes.After(no), yes.After(no) && sure.After(no)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Whatever the order in which words arrive, the same consent holds, and it is the one that the
// words mean.
func TestWordsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.SliceOfN(rapid.Custom(drawWord), 1, 10).Draw(rt, "words")
		events := make([]*event.Event, len(words))
		for i, w := range words {
			events[i] = said(fmt.Sprint(i), at(12), w)
		}
		want := consents(events)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if got := consents(events); !reflect.DeepEqual(got, want) {
			rt.Fatalf("in another order\n%+v\nwant\n%+v", got, want)
		}
		p := profile.Profile{Consent: want}
		for _, c := range []message.Channel{message.Email, message.SMS, message.WhatsApp} {
			for _, purpose := range []string{"marketing", "surveys"} {
				granted, confirmed := holds(words, string(c), purpose)
				if p.Consents(c, purpose) != granted || p.Confirms(c, purpose) != confirmed {
					rt.Fatalf("%s by %s: %v, %v; want %v, %v", purpose, c, p.Consents(c, purpose), p.Confirms(c, purpose), granted, confirmed)
				}
			}
		}
	})
}

// A ledger is in the order of time and bounded, and holds the first and the last words,
// whatever the order in which they came.
func TestLedgerIsBoundedAndOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 260).Draw(rt, "words")
		events := make([]*event.Event, n)
		for i := range events {
			// Each is another word than its neighbours: none is left out as a repetition.
			events[i] = said(fmt.Sprintf("e%03d", i), at(0), object{
				"channel": "email", "purpose": "marketing", "granted": i%2 == 0, "source": "form", "at": at(0).Add(time.Duration(i) * time.Minute),
			})
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
		p := profile.New("ada", at(0))
		for _, i := range r.Perm(n) {
			p.Apply(events[i])
			if len(p.Ledger) > 100 || !slices.IsSortedFunc(p.Ledger, func(a, b profile.Statement) int { return a.At.Compare(b.At) }) {
				rt.Fatalf("%d words, ordered: not", len(p.Ledger))
			}
		}
		if p.Consents(message.Email, "marketing") != (n%2 == 1) {
			rt.Fatalf("what was forgotten changed what holds")
		}
		for i, e := range events {
			kept := slices.ContainsFunc(p.Ledger, func(s profile.Statement) bool { return s.Event == e.UID() })
			// While words are missing in between, neighbours may look like repetitions; the
			// very first and last are kept in any case.
			if !kept && (i == 0 || i == n-1) {
				rt.Fatalf("word %d of %d is forgotten", i, n)
			}
		}
	})
}

// The first and last fifty words stay when they come in the order of time.
func TestLedgerKeepsBothEnds(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	for i := range 300 {
		p.Apply(said(fmt.Sprint(i), at(0).Add(time.Duration(i)*time.Hour), object{"channel": "sms", "purpose": "marketing", "granted": i%2 == 0, "source": "form"}))
	}
	if len(p.Ledger) != 100 || p.Ledger[49].Event != "test#49" || p.Ledger[50].Event != "test#250" || p.Ledger[99].Event != "test#299" {
		t.Errorf("%d words, from %s to %s over %s and %s", len(p.Ledger), p.Ledger[0].Event, p.Ledger[99].Event, p.Ledger[49].Event, p.Ledger[50].Event)
	}
}

// Shops repeat what they know with every event: of a thousand words that say the same, the
// first and the last are kept.
func TestRepetitionsAreKeptAtTheirEnds(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	for i := range 1000 {
		p.Apply(said(fmt.Sprint(i), at(0).Add(time.Duration(i)*time.Hour), object{"channel": "email", "purpose": "marketing", "granted": true, "source": "checkout", "proof": "box 3"},
			object{"channel": "sms", "purpose": "marketing", "granted": false, "source": "checkout"}))
	}
	var got []string
	for _, s := range p.Ledger {
		got = append(got, s.Channel+" "+s.Event+" "+s.Proof)
	}
	if want := "email test#0 box 3, sms test#0 , email test#999 box 3, sms test#999 "; strings.Join(got, ", ") != want {
		t.Errorf("kept %q, want %q", strings.Join(got, ", "), want)
	}
}

// A word that comes late takes its place in the ledger, between two that say the same, and
// changes nothing that was said later.
func TestLateWords(t *testing.T) {
	t.Parallel()
	p := profile.New("ada", at(0))
	yes := object{"channel": "email", "purpose": "marketing", "granted": true, "source": "form"}
	p.Apply(said("a", at(1), yes))
	p.Apply(said("c", at(5), yes))
	no := object{"channel": "email", "purpose": "*", "granted": false, "source": "mail", "at": at(3), "proof": strings.Repeat("ü", 300)}
	p.Apply(said("b", at(6), no))
	if k := p.Consent[1]; k.Purpose != "marketing" || !k.Granted || !k.Refused.Equal(at(3)) || !k.At.Equal(at(5)) {
		t.Errorf("consent %+v", k)
	}
	if l := p.Ledger; len(l) != 3 || l[1].Event != "test#b" || l[1].Purpose != "*" || l[1].Proof != strings.Repeat("ü", 250) {
		t.Errorf("ledger %+v", l)
	}
	if !p.Knows(&event.ProfileUpdate{Consent: []event.ConsentUpdate{{Channel: "email", Purpose: "marketing", Granted: true}}}) ||
		p.Knows(&event.ProfileUpdate{Consent: []event.ConsentUpdate{{Channel: "email", Purpose: "marketing", Granted: true, Confirmed: true}}}) ||
		p.Knows(&event.ProfileUpdate{Consent: []event.ConsentUpdate{{Channel: "*", Purpose: "*"}}}) {
		t.Error("what is known is not known")
	}
}
