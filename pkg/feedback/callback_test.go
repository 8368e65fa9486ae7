package feedback_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/pkg/callback"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
)

const mid = "0123456789abcdef0123456789abcdef"

var (
	moment = time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)
	ref    = mid + ".7"
)

func origin() feedback.Origin {
	return feedback.Origin{
		Profile: "customer-17", Journey: "win-back", Instance: "i1", Step: "mail", Template: "miss-you", Category: message.Marketing,
	}
}

// dataOf is the data of the event that a notice becomes.
func dataOf(t *testing.T, n feedback.Notice, o feedback.Origin) (event.Event, map[string]any) {
	t.Helper()
	e, err := n.Event("rapport/listener", o)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(e.Data, &m); err != nil {
		t.Fatal(err)
	}
	return e, m
}

// consentOf writes an event's consent as "<purpose>±".
func consentOf(t *testing.T, e *event.Event) string {
	t.Helper()
	p, err := e.Profile()
	if err != nil {
		t.Fatal(err)
	}
	if p == nil {
		return ""
	}
	var all []string
	for _, c := range p.Consent {
		sign := "-"
		if c.Granted {
			sign = "+"
		}
		all = append(all, c.Channel+":"+c.Purpose+sign)
	}
	return strings.Join(all, " ")
}

func TestFromCallback(t *testing.T) {
	t.Parallel()
	mail := func(k callback.Kind, c callback.Class) callback.Event {
		return callback.Event{Kind: k, Class: c, Channel: message.Email, Provider: "sendgrid"}
	}
	machine := func(k callback.Kind) callback.Event {
		e := mail(k, "")
		e.Machine = true
		return e
	}
	text := func(ch message.Channel, k callback.Kind, c callback.Class, code string) callback.Event {
		return callback.Event{Kind: k, Class: c, Code: code, Channel: ch, Provider: "twilio"}
	}
	said := func(ch message.Channel, words string, keyword callback.Keyword) callback.Event {
		return callback.Event{
			Kind: callback.Received, Channel: ch, Provider: "twilio",
			Inbound: &callback.Inbound{From: "+447700900123", To: "+447700900000", Body: words, Keyword: keyword},
		}
	}
	for name, tc := range map[string]struct {
		told callback.Event
		want string // type kind consent; empty: none
	}{
		"queued":                   {mail(callback.Queued, ""), ""},
		"sent":                     {mail(callback.Sent, ""), ""},
		"other":                    {mail(callback.Other, ""), ""},
		"subscribed":               {mail(callback.Subscribed, ""), ""},
		"delivered":                {mail(callback.Delivered, ""), "email.delivered - -"},
		"deferred":                 {mail(callback.Deferred, callback.Soft), "email.deferred soft -"},
		"bounced hard":             {mail(callback.Bounced, callback.Hard), "email.bounced hard -"},
		"bounced soft":             {mail(callback.Bounced, callback.Soft), "email.bounced soft -"},
		"blocked":                  {mail(callback.Bounced, callback.Block), "email.bounced block -"},
		"too large":                {mail(callback.Bounced, callback.Content), "email.bounced message -"},
		"why is not said":          {mail(callback.Bounced, callback.Unspecified), "email.bounced other -"},
		"failed":                   {mail(callback.Failed, callback.Content), "email.bounced message -"},
		"rejected, bounced before": {mail(callback.Rejected, callback.Hard), "email.bounced hard -"},
		"rejected, unsubscribed":   {mail(callback.Rejected, callback.Optout), "email.bounced other email:*-"},
		"rejected, complained":     {mail(callback.Rejected, callback.Spam), "email.bounced other email:*-"},
		"complained":               {mail(callback.Complained, ""), "email.complained - -"},
		"opened":                   {mail(callback.Opened, ""), "email.opened - -"},
		"opened by a machine":      {machine(callback.Opened), "email.prefetched - -"},
		"clicked":                  {mail(callback.Clicked, ""), "email.clicked - -"},
		"clicked by a machine":     {machine(callback.Clicked), "email.scanned - -"},
		"unsubscribed":             {mail(callback.Unsubscribed, ""), "email.unsubscribed - email:*-"},
		"mail to us": {
			callback.Event{Kind: callback.Received, Channel: message.Email, Inbound: &callback.Inbound{From: "a@b.example"}}, "email.replied - -",
		},
		"SMS on its way":          {text(message.SMS, callback.Sent, "", ""), ""},
		"SMS delivered":           {text(message.SMS, callback.Delivered, "", ""), "sms.delivered - -"},
		"SMS read":                {text(message.SMS, callback.Opened, "", ""), ""},
		"SMS to an opted-out":     {text(message.SMS, callback.Rejected, callback.Optout, "21610"), "sms.failed opted_out sms:*-"},
		"SMS to no mobile":        {text(message.SMS, callback.Failed, callback.Hard, "21614"), "sms.failed hard -"},
		"SMS to an unknown":       {text(message.SMS, callback.Bounced, callback.Hard, "30005"), "sms.failed hard -"},
		"SMS to a blocked number": {text(message.SMS, callback.Bounced, callback.Block, "30004"), "sms.failed hard -"},
		"SMS, telephone off":      {text(message.SMS, callback.Bounced, callback.Soft, "30003"), "sms.failed soft -"},
		"SMS, no pictures there":  {text(message.SMS, callback.Bounced, callback.Hard, "30011"), "sms.failed soft -"},
		"SMS filtered":            {text(message.SMS, callback.Bounced, callback.Block, "30007"), "sms.failed block -"},
		"SMS too long":            {text(message.SMS, callback.Failed, callback.Content, "30019"), "sms.failed message -"},
		"SMS, nobody says why":    {text(message.SMS, callback.Bounced, callback.Unspecified, "30008"), "sms.failed other -"},
		"SMS, a code of tomorrow": {text(message.SMS, callback.Bounced, callback.Soft, "99999"), "sms.failed soft -"},
		"WhatsApp delivered":      {text(message.WhatsApp, callback.Delivered, "", ""), "whatsapp.delivered - -"},
		"WhatsApp read":           {text(message.WhatsApp, callback.Opened, "", ""), "whatsapp.read - -"},
		"WhatsApp blocked":        {text(message.WhatsApp, callback.Rejected, callback.Optout, "63033"), "whatsapp.failed opted_out whatsapp:*-"},
		"WhatsApp outside of 24h": {text(message.WhatsApp, callback.Failed, callback.Content, "63016"), "whatsapp.failed message -"},
		"STOP":                    {said(message.SMS, "STOP", callback.Stop), "sms.received stop sms:*-"},
		"a word of another land":  {said(message.SMS, "Abmelden!", ""), "sms.received stop sms:*-"},
		"a word of the shop's":    {said(message.SMS, "genug", callback.Stop), "sms.received stop sms:*-"},
		"in one's own words":      {said(message.SMS, "please stop texting me", ""), "sms.received stop sms:*-"},
		"perhaps":                 {said(message.SMS, "Cancel", ""), "sms.received stop sms:*-"},
		"perhaps in words":        {said(message.SMS, "please stop texting me so often", ""), "sms.received ask sms:*-"},
		"START":                   {said(message.SMS, "start", callback.Start), "sms.received start sms:marketing+"},
		"HELP":                    {said(message.SMS, "Help", callback.Help), "sms.received help -"},
		"anything":                {said(message.SMS, "Where is my order?", ""), "sms.received - -"},
		"STOP on WhatsApp":        {said(message.WhatsApp, "stop", callback.Stop), "whatsapp.received stop whatsapp:*-"},
		"from nobody":             {callback.Event{Kind: callback.Received, Channel: message.SMS, Inbound: &callback.Inbound{}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.told.ID, tc.told.At = "x-1", moment
			n, ok := feedback.FromCallback(tc.told)
			if !ok {
				if tc.want != "" {
					t.Fatalf("nothing, want %s", tc.want)
				}
				return
			}
			o := origin()
			o.Restore = []string{"marketing"}
			e, _ := dataOf(t, n, o)
			or := func(s string) string {
				if s == "" {
					return "-"
				}
				return s
			}
			if got := e.Type + " " + or(n.Kind) + " " + or(consentOf(t, &e)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]callback.Event{
		"carried":                           {MessageID: ref},
		"in capitals":                       {MessageID: strings.ToUpper(ref)},
		"of the Message-ID":                 {MailID: "<" + ref + "@mail.shop.example>"},
		"an id alone beside the Message-ID": {MessageID: mid, MailID: ref + "@mail.shop.example"},
	} {
		e.Kind, e.Channel = callback.Delivered, message.Email
		if n, ok := feedback.FromCallback(e); !ok || n.Ref.String() != ref {
			t.Errorf("%s: %v", name, n.Ref)
		}
	}
	in := callback.Event{
		Kind: callback.Received, Channel: message.Email, Recipient: "reply+" + ref + "@shop.example", MailID: "f" + ref[1:] + "@home.example",
		Inbound: &callback.Inbound{From: "a@b.example"},
	}
	if n, _ := feedback.FromCallback(in); n.Ref.String() != ref {
		t.Errorf("what comes to an address of ours names %v; its own Message-ID is not ours", n.Ref)
	}
	if n, _ := feedback.FromCallback(callback.Event{Kind: callback.Delivered, Channel: message.Email, MessageID: mid, MailID: "x@y.example"}); !n.Ref.IsZero() {
		t.Errorf("half a reference became %v", n.Ref)
	}
}

func TestEventOfABounce(t *testing.T) {
	t.Parallel()
	n, _ := feedback.FromCallback(callback.Event{
		ID: "sendgrid-1", Kind: callback.Bounced, Class: callback.Hard, Channel: message.Email, Provider: "sendgrid", MessageID: ref,
		Recipient: "zoe@home.example", At: moment, Status: "5.1.1", Reason: "no such user zoe@home.example",
		Diagnostic: "550 5.1.1 <zoe@home.example>: unknown; call +44 7700 900123",
	})
	e, got := dataOf(t, n, origin())
	want := map[string]any{
		"message_id": mid, "journey": "win-back", "instance": "i1", "step": "mail", "template": "miss-you", "channel": "email",
		"category": "marketing", "provider": "sendgrid", "kind": "hard", "code": "5.1.1", "reason": "no such user …",
		"detail": "550 5.1.1 <…>: unknown; call …", "address": "zoe@home.example",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	if len(got) != len(want) || e.ID != "sendgrid-1" || e.Subject != "customer-17" || !e.Time.Equal(moment) || e.Source != "rapport/listener" {
		t.Errorf("%+v\n%s", e, e.Data)
	}
}

// TestProof is what an opt-out proves itself by, and that START gives nothing to those who had agreed to nothing.
func TestProof(t *testing.T) {
	t.Parallel()
	reply := func(words string) feedback.Notice {
		n, ok := feedback.FromCallback(callback.Event{
			ID: "twilio-1", Kind: callback.Received, Channel: message.SMS, Provider: "twilio", At: moment,
			Inbound: &callback.Inbound{From: "+447700900123", Body: words},
		})
		if !ok {
			t.Fatal("it is no notice")
		}
		return n
	}
	_, got := dataOf(t, reply("please stop texting me"), feedback.Origin{Profile: "p"})
	want := `{"consent":[{"at":"2026-05-04T10:30:00Z","channel":"sms","granted":false,"proof":"please stop texting me","purpose":"*","source":"reply"}]}`
	if raw, err := json.Marshal(got["$profile"]); err != nil || string(raw) != want {
		t.Errorf("%s, want %s", raw, want)
	}
	if _, got := dataOf(t, reply("START"), feedback.Origin{Profile: "p"}); got["$profile"] != nil || got["kind"] != "start" {
		t.Errorf("START gave %v", got)
	}
	a, _ := dataOf(t, reply("STOP"), feedback.Origin{Profile: "p"})
	b, _ := dataOf(t, reply("STOP"), feedback.Origin{Profile: "q"})
	if a.ID == b.ID {
		t.Errorf("two people who share a number have events with one id, %s", a.ID)
	}
	if _, err := reply("STOP").Event("rapport/listener", feedback.Origin{}); err == nil {
		t.Error("an event of nobody")
	}
}

// TestAnyNoticeIsAnEvent holds what the package promises of any words of a provider's.
func TestAnyNoticeIsAnEvent(t *testing.T) {
	t.Parallel()
	kinds := []callback.Kind{
		callback.Delivered, callback.Deferred, callback.Bounced, callback.Rejected, callback.Failed, callback.Complained, callback.Opened,
		callback.Clicked, callback.Unsubscribed, callback.Received,
	}
	classes := []callback.Class{callback.Hard, callback.Soft, callback.Block, callback.Content, callback.Optout, callback.Spam, callback.Unspecified, ""}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3000), func(b []byte) string { return string(b) })
		e := callback.Event{
			ID: "x-1", Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Class: rapid.SampledFrom(classes).Draw(t, "class"), At: moment,
			Channel:   rapid.SampledFrom([]message.Channel{message.Email, message.SMS, message.WhatsApp, "pigeon"}).Draw(t, "channel"),
			Reason:    words.Draw(t, "reason") + " zoe@home.example +447700900123 " + words.Draw(t, "more"),
			Recipient: words.Draw(t, "recipient"), URL: words.Draw(t, "url"), Code: words.Draw(t, "code"), MessageID: words.Draw(t, "ref"),
			Inbound: &callback.Inbound{From: words.Draw(t, "from"), Body: words.Draw(t, "body")},
		}
		n, ok := feedback.FromCallback(e)
		if !ok {
			return
		}
		made, err := n.Event("rapport/listener", feedback.Origin{Profile: "p", Restore: []string{"marketing"}})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := event.Encode(&made)
		if err != nil || len(raw) > 64<<10 {
			t.Fatalf("%d bytes, %v", len(raw), err)
		}
		read, err := event.Decode(raw)
		if err != nil || read.UID() != made.UID() {
			t.Fatalf("%v: %s", err, raw)
		}
		if again, _ := feedback.FromCallback(e); again.ID != n.ID {
			t.Fatal("the same thing has two ids")
		}
		for _, said := range []string{n.Reason, n.Detail} {
			if strings.Contains(said, "zoe@home.example") || strings.Contains(said, "447700900123") {
				t.Fatalf("an address is left in %q", said)
			}
		}
		if !slices.Contains([]string{"", "hard", "soft", "block", "message", "other", "opted_out", "stop", "ask", "start", "help"}, n.Kind) {
			t.Fatalf("kind %q", n.Kind)
		}
	})
}
