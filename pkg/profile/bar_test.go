package profile_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
)

// who is a person with an address and a number.
func who() *profile.Profile {
	p := profile.New("ada", at(0))
	p.Traits = map[string]any{"email": "ada@example.com", "phone": "+447700900123"}
	return p
}

func barred(p *profile.Profile, c message.Channel, cat message.Category, now time.Time) string {
	b, _ := p.Barred(c, cat, now)
	return b.Why
}

// A block is about the address that it names, or that the person had.
func TestBlocksAreAboutAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ, data, trait, now string
		want                  bool
	}{
		"the address it names":             {"email.bounced", `{"kind":"hard","address":"Ada@Example.com"}`, "email", "ada@example.com", true},
		"the address of that time":         {"email.bounced", `{"kind":"hard"}`, "email", "ada@example.com", true},
		"another address":                  {"email.bounced", `{"kind":"hard"}`, "email", "ada@example.org", false},
		"an earlier address":               {"email.bounced", `{"kind":"hard","address":"old@example.com"}`, "email", "ada@example.com", false},
		"a complaint about another":        {"email.complained", `{"address":"old@example.com"}`, "email", "ada@example.com", false},
		"a complaint":                      {"email.complained", `[]`, "email", "ada@example.com", true},
		"a number as people write it":      {"sms.received", `{"kind":"stop","address":"+447700900123"}`, "phone", "07700 900123", true},
		"another number":                   {"sms.received", `{"kind":"stop","address":"+447700900123"}`, "phone", "+447700900999", false},
		"the words of another":             {"sms.received", `{"intent":"stop"}`, "phone", "+447700900123", true},
		"what is no stop":                  {"sms.received", `{"kind":"help"}`, "phone", "+447700900123", false},
		"a failure after an opt-out":       {"sms.failed", `{"kind":"opted_out","code":"21610"}`, "phone", "+447700900123", true},
		"a number that is none":            {"sms.failed", `{"kind":"hard"}`, "phone", "+447700900123", true},
		"a phone that is off":              {"sms.failed", `{"kind":"soft"}`, "phone", "+447700900123", false},
		"a filter's refusal":               {"sms.failed", `{"kind":"block"}`, "phone", "+447700900123", false},
		"erased is erased at any address":  {"profile.erased", `{}`, "email", "ada@example.org", true},
		"unsubscribing is not suppressing": {"email.unsubscribed", `{}`, "email", "ada@example.com", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := who()
			p.Apply(happened(c.typ, at(1), c.data))
			p.Traits[c.trait] = c.now
			channel := message.Email
			if c.trait == "phone" {
				channel = message.SMS
			}
			if p.BlockedOn(channel) != c.want {
				t.Errorf("blocked: %v; %+v", !c.want, p.Blocked)
			}
		})
	}
}

// Complaints and unsubscriptions withdraw consent; one that says what it withdraws, that.
func TestWithdrawals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ, data string
		want      string // what is left
	}{
		"a complaint":                     {"email.complained", `{}`, "[false false true]"},
		"an unsubscription":               {"email.unsubscribed", `{}`, "[false false true]"},
		"of one purpose":                  {"email.unsubscribed", `{"purpose":"surveys"}`, "[true false true]"},
		"that says it itself":             {"email.unsubscribed", `{"$profile":{"consent":[{"channel":"email","purpose":"marketing","granted":false,"source":"page"}]}}`, "[false true true]"},
		"of all channels":                 {"profile.identified", `{"$profile":{"consent":[{"channel":"*","purpose":"*","granted":false,"source":"page"}]}}`, "[false false false]"},
		"nobody agrees to all that comes": {"profile.identified", `{"$profile":{"consent":[{"channel":"*","purpose":"*","granted":true,"source":"page"}]}}`, "[true true true]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := who()
			for _, k := range []object{{"channel": "email", "purpose": "marketing"}, {"channel": "email", "purpose": "surveys"}, {"channel": "sms", "purpose": "marketing"}} {
				k["granted"], k["source"] = true, "form"
				p.Apply(said("yes", at(0), k))
			}
			p.Apply(happened(c.typ, at(1), c.data))
			got := fmt.Sprint([]bool{p.Consents(message.Email, "marketing"), p.Consents(message.Email, "surveys"), p.Consents(message.SMS, "marketing")})
			if got != c.want {
				t.Errorf("what is left is %s, want %s", got, c.want)
			}
		})
	}
}

// STOP closes until START, by their times and not by their arrival.
func TestStopAndStartInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		hours := rapid.SliceOfNDistinct(rapid.IntRange(1, 20), 1, 6, rapid.ID).Draw(rt, "hours")
		last, stopped := 0, false
		p := who()
		for _, h := range hours {
			stop := rapid.Bool().Draw(rt, "stop")
			kind := "start"
			if stop {
				kind = "stop"
			}
			if h > last {
				last, stopped = h, stop
			}
			p.Apply(happened("sms.received", at(h), `{"kind":"`+kind+`"}`))
		}
		if p.BlockedOn(message.SMS) != stopped || p.BlockedOn(message.Email) {
			rt.Fatalf("stopped: %v; %+v", stopped, p.Blocked)
		}
	})
}

// Of a full mailbox three in a row mean a pause of marketing, of a disabled one two the end;
// what arrived, or was answered, in between begins the count anew.
func TestTroublesInARow(t *testing.T) {
	t.Parallel()
	full, off := `{"kind":"soft","code":"4.2.2"}`, `{"kind":"hard","code":"550 5.2.1"}`
	bounce, ok := "email.bounced", "email.delivered"
	type one struct {
		hour      int
		typ, data string
	}
	for name, c := range map[string]struct {
		events []one
		want   [2]string // for marketing and for a receipt, in the hour after
		month  string    // and for marketing thirty days later
	}{
		"full twice":           {[]one{{1, bounce, full}, {2, bounce, full}}, [2]string{}, ""},
		"full thrice":          {[]one{{1, bounce, full}, {2, bounce, `{"kind":"hard","code":"5.2.2"}`}, {3, bounce, full}}, [2]string{"mailbox full", ""}, ""},
		"full, with room once": {[]one{{1, bounce, full}, {2, bounce, full}, {3, ok, `{}`}, {4, bounce, full}}, [2]string{}, ""},
		"an answer":            {[]one{{1, bounce, full}, {2, bounce, full}, {3, "email.replied", `{}`}, {4, bounce, full}}, [2]string{}, ""},
		"full, then room":      {[]one{{1, bounce, full}, {2, bounce, full}, {3, bounce, full}, {4, "email.clicked", `{}`}}, [2]string{}, ""},
		"no reason":            {[]one{{1, bounce, `{"kind":"soft"}`}, {2, bounce, `{"kind":"soft"}`}, {3, bounce, `{"kind":"soft"}`}}, [2]string{}, ""},
		"content":              {[]one{{1, bounce, `{"kind":"message","code":"4.2.2"}`}, {2, bounce, `{"kind":"message"}`}, {3, bounce, `{"kind":"other"}`}}, [2]string{}, ""},
		"disabled once":        {[]one{{1, bounce, off}}, [2]string{}, ""},
		"disabled twice":       {[]one{{1, bounce, off}, {2, bounce, off}}, [2]string{"bounced", "bounced"}, "bounced"},
		"disabled, and not":    {[]one{{1, bounce, off}, {2, "email.opened", `{}`}, {3, bounce, off}}, [2]string{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(6) {
				p := who()
				for _, i := range rand.New(rand.NewPCG(seed, 5)).Perm(len(c.events)) {
					p.Apply(happened(c.events[i].typ, at(c.events[i].hour), c.events[i].data))
				}
				got := [2]string{barred(p, message.Email, message.Marketing, at(5)), barred(p, message.Email, message.Transactional, at(5))}
				if got != c.want || barred(p, message.Email, message.Marketing, at(5).AddDate(0, 1, 0)) != c.month {
					t.Fatalf("barred %q, want %q; %+v", got, c.want, p.Troubles)
				}
				p.Traits["email"] = "ada@example.org"
				if why := barred(p, message.Email, message.Marketing, at(5)); why != "" {
					t.Fatalf("another address is barred: %s", why)
				}
			}
		})
	}
}

// However many addresses a person had and whatever they wrote, little is remembered.
func TestBlocksAndTroublesAreBounded(t *testing.T) {
	t.Parallel()
	p := who()
	p.Apply(happened(event.ProfileErased, at(0), `{}`))
	for i := range 100 {
		for _, kind := range []string{`"kind":"hard"`, `"kind":"soft","code":"4.2.2"`, `"kind":"hard","code":"5.2.1"`} {
			p.Apply(happened("email.bounced", at(1).Add(time.Duration(i)*time.Hour), fmt.Sprintf(`{%s,"address":"a%d@example.com"}`, kind, i)))
		}
	}
	if len(p.Blocked) != 16 || len(p.Troubles) != 8 || !p.BlockedOn(message.WhatsApp) {
		t.Errorf("%d blocks, %d troubles", len(p.Blocked), len(p.Troubles))
	}
}
