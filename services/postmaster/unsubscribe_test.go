package postmaster_test

import (
	"context"
	"sync/atomic"
	"testing"

	"rapport/pkg/event"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// TestUnsubscribe: a mail that says nothing else withdraws consent, and no other mail does.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	auto := []string{"Auto-Submitted: auto-generated"}
	reply := []string{answering}
	for name, tc := range map[string]struct {
		subject, text string
		header        []string
		want          string
	}{
		"the program's own mail":         {"unsubscribe", "", nil, event.EmailUnsubscribed},
		"with a body of the program's":   {"Unsubscribe", "This mail was made by a mail program on behalf of its owner.", nil, event.EmailUnsubscribed},
		"says that a machine sent it":    {"unsubscribe", "", auto, event.EmailUnsubscribed},
		"one word":                       {"Re: We miss you", "Unsubscribe!", reply, event.EmailUnsubscribed},
		"stop":                           {"Re: We miss you", "STOP", reply, event.EmailUnsubscribed},
		"politely":                       {"Re: We miss you", "Please unsubscribe me, thank you.", reply, event.EmailUnsubscribed},
		"with the history":               {"Re: We miss you", "unsubscribe\n\nOn Mon, 4 May 2026 at 10:00, Shop <shop@shop.example> wrote:\n> We miss you", reply, event.EmailUnsubscribed},
		"from a telephone":               {"Re: We miss you", "Unsubscribe\n\nSent from my iPhone", reply, event.EmailUnsubscribed},
		"German":                         {"AW: x", "Bitte abmelden", reply, event.EmailUnsubscribed},
		"German, of the newsletter":      {"AW: x", "Newsletter abbestellen", reply, event.EmailUnsubscribed},
		"French":                         {"Re: x", "Me désabonner, s'il vous plaît", reply, event.EmailUnsubscribed},
		"Spanish":                        {"Re: x", "darme de baja por favor", reply, event.EmailUnsubscribed},
		"Italian":                        {"R: x", "Cancellami", reply, event.EmailUnsubscribed},
		"Dutch":                          {"Re: x", "Uitschrijven", reply, event.EmailUnsubscribed},
		"Portuguese":                     {"Re: x", "Descadastrar", reply, event.EmailUnsubscribed},
		"Japanese":                       {"Re: x", "配信停止", reply, event.EmailUnsubscribed},
		"Chinese":                        {"Re: x", "退订。", reply, event.EmailUnsubscribed},
		"an order":                       {"Re: Your order", "Cancel", reply, event.EmailReplied},
		"a question about it":            {"Re: We miss you", "How do I unsubscribe from the other list?", reply, event.EmailReplied},
		"a reply to one with that title": {"Re: unsubscribe", "Why did you sign me off?", reply, event.EmailReplied},
		"a vacation with that title":     {"unsubscribe", "I am away", append(reply, "Auto-Submitted: auto-replied"), event.EmailAutoReplied},
		"a machine's text":               {"Automatic reply", "unsubscribe", append(reply, "Auto-Submitted: auto-replied"), event.EmailAutoReplied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var passed atomic.Int32
			r := &recording{}
			s := start(t, r, func(o *postmaster.Options) {
				o.Forward = func(context.Context, []byte) error { passed.Add(1); return nil }
			})
			s.want(t, 250, letter("u", tc.subject, tc.text, tc.header...), address(t, verp.Reply, sent))
			e, _ := only(t, r.Events(t))
			if e.Type != tc.want {
				t.Fatalf("event %s, want %s", e.Type, tc.want)
			}
			u, err := e.Profile()
			if err != nil {
				t.Fatal(err)
			}
			if want := map[string]int32{event.EmailReplied: 1}[tc.want]; passed.Load() != want {
				t.Errorf("passed on %d times, want %d", passed.Load(), want)
			}
			if tc.want != event.EmailUnsubscribed {
				if u != nil && len(u.Consent) > 0 {
					t.Errorf("it changes consent: %+v", u.Consent)
				}
				return
			}
			if u == nil || len(u.Consent) != 1 {
				t.Fatalf("no consent is withdrawn: %+v", u)
			}
			if c := u.Consent[0]; c.Channel != "email" || c.Purpose != event.Everything || c.Granted || c.Proof == "" {
				t.Errorf("consent %+v", c)
			}
		})
	}
}
