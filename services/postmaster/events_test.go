package postmaster_test

import (
	"context"
	"errors"
	"net/smtp"
	"strings"
	"sync/atomic"
	"testing"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// TestEvents: what comes to a message's own address becomes what it says, on disk, before the answer.
func TestEvents(t *testing.T) {
	t.Parallel()
	toBounce, toReply := address(t, verp.Bounce, sent), address(t, verp.Reply, sent)
	for name, tc := range map[string]struct {
		to, mail string
		typ      string
		want     said
	}{
		"no such user": {toBounce, report("failed", "5.1.1", zoe, ""), event.EmailBounced, said{Kind: "hard", Code: "5.1.1", Address: zoe}},
		"box full":     {toBounce, report("failed", "4.2.2", zoe, ""), event.EmailBounced, said{Kind: "soft", Code: "4.2.2", Address: zoe}},
		"in capitals":  {strings.ToUpper(toBounce), report("failed", "5.1.1", "Zoe@Home.example", ""), event.EmailBounced, said{Kind: "hard", Code: "5.1.1", Address: zoe}},
		"delayed":      {toBounce, report("delayed", "4.4.1", zoe, ""), event.EmailDeferred, said{Kind: "soft", Code: "4.4.1", Address: zoe}},
		"delivered":    {toBounce, report("delivered", "2.0.0", zoe, ""), event.EmailDelivered, said{Code: "2.0.0", Address: zoe}},
		"complaint":    {toBounce, complaint("abuse", ""), event.EmailComplained, said{Reason: "abuse", Address: zoe}},
		"opt-out":      {toBounce, complaint("opt-out", ""), event.EmailUnsubscribed, said{Reason: "opt-out", Address: zoe}},
		"vacation": {
			toBounce, letter("v", "Automatic reply: We miss you", "I am away.", "Auto-Submitted: auto-replied", answering),
			event.EmailAutoReplied,
			said{Machine: "auto-submitted: auto-replied", Address: zoe, Subject: "Automatic reply: We miss you", Text: "I am away."},
		},
		"English": {
			toReply, letter("e", "Re: We miss you", "Do you have it in blue?\n\nOn Mon, 4 May 2026 at 10:00, Shop <shop@shop.example> wrote:\n> We miss you", answering),
			event.EmailReplied,
			said{Address: zoe, Subject: "Re: We miss you", Text: "Do you have it in blue?"},
		},
		"German": {
			toReply, letter("d", "AW: Wir vermissen dich", "Gibt es das auch in Blau?\n\nAm 04.05.2026 um 10:00 schrieb der Laden:\n> Wir vermissen dich", answering),
			event.EmailReplied,
			said{Address: zoe, Subject: "AW: Wir vermissen dich", Text: "Gibt es das auch in Blau?"},
		},
		"Japanese": {
			toReply, letter("j", "Re: =?utf-8?B?44GT44KT44Gr44Gh44Gv?=", "青いのはありますか。", answering),
			event.EmailReplied,
			said{Address: zoe, Subject: "Re: こんにちは", Text: "青いのはありますか。"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, nil)
			s.want(t, 250, tc.mail, tc.to)
			e, got := only(t, r.Events(t))
			if e.Type != tc.typ || e.Subject != "customer-17" || e.Source != "rapport/postmaster" || !e.Time.Equal(moment) {
				t.Errorf("event %s of %s from %s at %s", e.Type, e.Subject, e.Source, e.Time)
			}
			if got.MessageID != mid || got.Journey != "win-back" {
				t.Errorf("it is about message %q of journey %q", got.MessageID, got.Journey)
			}
			if strings.Contains(got.Detail, "@") {
				t.Errorf("the detail has an address: %q", got.Detail)
			}
			if tc.want.Reason == "" {
				got.Reason = ""
			}
			if got.Kind != tc.want.Kind || got.Code != tc.want.Code || got.Address != tc.want.Address || got.Reason != tc.want.Reason ||
				got.Machine != tc.want.Machine || got.Subject != tc.want.Subject || strings.TrimSpace(got.Text) != tc.want.Text {
				t.Errorf("data %+v, want %+v", got, tc.want)
			}
			s.wantCount(t, "postmaster.mails", "taken", 1)
			s.wantCount(t, "postmaster.events", "published", 1)
		})
	}
}

// TestNetSMTP: the standard library's client is understood, too, and a repeat of a mail is one event.
func TestNetSMTP(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	s := start(t, bus.NewBroker(b.JS), nil)
	for range 3 {
		mail := []byte(letter("n", "Re: We miss you", "Thank you", answering))
		if err := smtp.SendMail(s.addr, nil, zoe, []string{address(t, verp.Reply, sent), address(t, verp.Reply, other)}, mail); err != nil {
			t.Fatal(err)
		}
		if err := smtp.SendMail(s.addr, nil, "", []string{address(t, verp.Bounce, sent)}, []byte(report("failed", "5.1.1", zoe, ""))); err != nil {
			t.Fatal(err)
		}
	}
	people := map[string]int{}
	for _, e := range bustest.Stored(t, b.JS) {
		people[e.Type+" "+e.Subject]++
	}
	if len(people) != 3 || people["email.replied customer-17"] != 1 || people["email.replied customer-18"] != 1 || people["email.bounced customer-17"] != 1 {
		t.Errorf("the stream has %v", people)
	}
}

// TestRecipients: we take what is ours.
func TestRecipients(t *testing.T) {
	t.Parallel()
	s := start(t, &recording{}, nil)
	forged, err := keysOf(t, strings.Repeat("x", 32)).Address(verp.Bounce, sent, bounceDomain)
	if err != nil {
		t.Fatal(err)
	}
	local, _, _ := strings.Cut(address(t, verp.Bounce, sent), "@")
	for to, want := range map[string]struct {
		answer  int
		outcome string
	}{
		address(t, verp.Bounce, sent):  {250, "known"},
		address(t, verp.Reply, sent):   {250, "known"},
		"Postmaster@" + bounceDomain:   {250, "plain"},
		"abuse@" + replyDomain:         {250, "plain"},
		"fbl@" + bounceDomain + ".":    {250, "plain"},
		forged:                         {550, "forged"},
		"zoe@" + bounceDomain:          {550, "nobody"},
		zoe:                            {550, "relay"},
		local + "@elsewhere.example":   {550, "relay"},
		`"x@` + bounceDomain + `"@y.z`: {550, "relay"},
	} {
		before := s.count(t, "postmaster.recipients", want.outcome)
		c := s.client(t)
		if err := c.Mail("", nil); err != nil {
			t.Fatal(err)
		}
		err := c.Rcpt(to, nil)
		got, enhanced := code(err)
		if got != want.answer {
			t.Errorf("%s is answered %d (%v), want %d", to, got, err, want.answer)
		}
		if relay := enhanced == [3]int{5, 7, 1}; got == 550 && relay != (want.outcome == "relay") {
			t.Errorf("%s is answered %v", to, enhanced)
		}
		if s.count(t, "postmaster.recipients", want.outcome) != before+1 {
			t.Errorf("%s is not counted as %s", to, want.outcome)
		}
		_ = c.Close()
	}
}

// TestPlainAddress: what comes to an address that everybody knows is believed as far as it shows that it has to do with
// our message.
func TestPlainAddress(t *testing.T) {
	t.Parallel()
	path, reply := address(t, verp.Bounce, sent), address(t, verp.Reply, sent)
	for name, tc := range map[string]struct {
		mail    string
		typ     string // of the event; empty: there is none
		outcome string // of what is no event
	}{
		"complaint with our reference":     {complaint("abuse", "X-Rapport-Ref: "+sent.String()+"\n"), event.EmailComplained, ""},
		"complaint with our Message-ID":    {complaint("abuse", "Message-ID: <"+sent.String()+"@shop.example>\n"), event.EmailComplained, ""},
		"complaint with the return path":   {complaint("abuse", "Return-Path: <"+path+">\n"), event.EmailComplained, ""},
		"complaint about nobody knows":     {complaint("abuse", ""), "", "unnamed"},
		"complaint about another's mail":   {complaint("abuse", "X-Rapport-Ref: "+strings.Repeat("a", 32)+".1\n"), "", "foreign"},
		"no spam":                          {complaint("not-spam", "X-Rapport-Ref: "+sent.String()+"\n"), "", "needless"},
		"failure with our reference alone": {report("failed", "5.1.1", zoe, "X-Rapport-Ref: "+sent.String()+"\nMessage-ID: <"+sent.String()+"@x>\n"), "", "unproven"},
		"failure with the return path":     {report("failed", "5.1.1", zoe, "Return-Path: <"+path+">\n"), event.EmailBounced, ""},
		"failure with the reply address":   {report("failed", "5.1.1", zoe, "Reply-To: \"Shop, Inc\" <"+reply+">\n"), event.EmailBounced, ""},
		"failure with List-Unsubscribe":    {report("failed", "5.1.1", zoe, "List-Unsubscribe: <https://x.example/u/1>,\n <mailto:"+reply+"?subject=unsubscribe>\n"), event.EmailBounced, ""},
		"failure with a made-up path":      {report("failed", "5.1.1", zoe, "Return-Path: <b-"+sent.String()+"-aaaaaaaaaaaaaaaa@"+bounceDomain+">\n"), "", "unnamed"},
		"reply to our Message-ID":          {letter("p", "Re: x", "Thank you", answering), event.EmailReplied, ""},
		"letter to the postmaster":         {letter("q", "Hello", "Your server is slow."), "", "unnamed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, nil)
			s.want(t, 250, tc.mail, "postmaster@"+bounceDomain)
			if tc.typ == "" {
				if all := r.Events(t); len(all) != 0 {
					t.Errorf("it is believed: %+v", all)
				}
				s.wantCount(t, "postmaster.events", tc.outcome, 1)
				return
			}
			if e, _ := only(t, r.Events(t)); e.Type != tc.typ {
				t.Errorf("event %s, want %s", e.Type, tc.typ)
			}
		})
	}
}

// TestOthersAddresses: who has one mail of ours cannot have other people's addresses suppressed by it.
func TestOthersAddresses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mail      string
		addresses func(context.Context, string) (string, error)
		kind      string
		address   string
	}{
		"their own":                  {report("failed", "5.1.1", zoe, ""), addressOf, "hard", zoe},
		"another's":                  {report("failed", "5.1.1", "max@home.example", ""), addressOf, "other", ""},
		"another's, soft":            {report("failed", "4.2.2", "max@home.example", ""), addressOf, "soft", ""},
		"nobody can tell":            {report("failed", "5.1.1", "max@home.example", ""), nil, "hard", ""},
		"complaint for another's":    {strings.ReplaceAll(complaint("abuse", ""), zoe, "max@home.example"), addressOf, "", ""},
		"a person without addresses": {report("failed", "5.1.1", zoe, ""), func(context.Context, string) (string, error) { return "", nil }, "other", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			s := start(t, r, func(o *postmaster.Options) { o.Address = tc.addresses })
			s.want(t, 250, tc.mail, address(t, verp.Bounce, sent))
			_, d := only(t, r.Events(t))
			if d.Kind != tc.kind || d.Address != tc.address {
				t.Errorf("kind %q at %q, want %q at %q", d.Kind, d.Address, tc.kind, tc.address)
			}
		})
	}
}

// TestStoreAway: who cannot be found now is found later.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	var finding, asking atomic.Bool
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) {
		o.Find = func(ctx context.Context, ref message.Ref) (feedback.Origin, error) {
			if finding.Load() {
				return feedback.Origin{}, gone
			}
			return find(ctx, ref)
		}
		o.Address = func(ctx context.Context, profile string) (string, error) {
			if asking.Load() {
				return "", gone
			}
			return addressOf(ctx, profile)
		}
	})
	mail, to := report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, sent)
	finding.Store(true)
	s.want(t, 451, mail, to)
	finding.Store(false)
	asking.Store(true)
	s.want(t, 451, mail, to)
	asking.Store(false)
	if n := len(r.Events(t)); n != 0 {
		t.Fatalf("%d events without a store", n)
	}
	s.want(t, 250, mail, to)
	only(t, r.Events(t))
	s.wantCount(t, "postmaster.mails", "store_gone", 2)
}
