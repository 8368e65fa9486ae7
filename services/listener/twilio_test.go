package listener_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/services/listener"
)

const (
	nothing = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response/>"
	zoe     = "+447700900123"
)

// written is what somebody wrote, as Twilio tells it.
func written(from, words string, more ...string) call {
	values := url.Values{"MessageSid": {"SM" + words}, "SmsStatus": {"received"}, "From": {from}, "To": {"+447700900000"}, "Body": {words}, "NumMedia": {"0"}}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return newSigner("twilio").sign(values.Encode())
}

// numbers knows one number, of somebody who had agreed to marketing before an opt-out.
func numbers(_ context.Context, channel message.Channel, number string) ([]feedback.Origin, error) {
	if number != zoe {
		return nil, nil
	}
	return []feedback.Origin{{Profile: "customer-17", Restore: []string{"marketing"}, Channel: channel}}, nil
}

func agreedToNothing(context.Context, message.Channel, string) ([]feedback.Origin, error) {
	return []feedback.Origin{{Profile: "customer-17"}}, nil
}

type reply struct {
	Kind, Text, Address string
	Profile             *event.ProfileUpdate `json:"$profile"`
}

func (r reply) consent() string {
	if r.Profile == nil {
		return ""
	}
	var all []string
	for _, c := range r.Profile.Consent {
		word := c.Channel + ":" + c.Purpose
		if !c.Granted {
			word = "no " + word
		}
		all = append(all, word)
	}
	return strings.Join(all, ", ")
}

func readReply(t *testing.T, e event.Event) reply {
	t.Helper()
	var r reply
	if err := json.Unmarshal(e.Data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		call          call
		typ           string
		kind, consent string
	}{
		"STOP":             {written(zoe, "STOP"), "sms.received", "stop", "no sms:*"},
		"in one's words":   {written(zoe, "please stop texting me"), "sms.received", "stop", "no sms:*"},
		"perhaps":          {written(zoe, "please stop texting me so often"), "sms.received", "ask", "no sms:*"},
		"START":            {written(zoe, "START"), "sms.received", "start", "sms:marketing"},
		"HELP":             {written(zoe, "HELP"), "sms.received", "help", ""},
		"anything":         {written(zoe, "Where is my order?"), "sms.received", "", ""},
		"a word of ours":   {written(zoe, "genug", "OptOutType", "STOP"), "sms.received", "stop", "no sms:*"},
		"STOP by WhatsApp": {written("whatsapp:"+zoe, "STOP", "To", "whatsapp:+447700900000"), "whatsapp.received", "stop", "no whatsapp:*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := &recording{}
			s := start(t, rec, func(o *listener.Options) { o.FindByNumber = numbers })
			a := s.want(t, http.StatusOK, tc.call)
			if a.body != nothing || !strings.HasPrefix(a.header.Get("Content-Type"), "text/xml") {
				t.Errorf("answered %q, %q", a.header.Get("Content-Type"), a.body)
			}
			events := rec.Events(t)
			if len(events) != 1 {
				t.Fatalf("%d events, want one", len(events))
			}
			e, r := events[0], readReply(t, events[0])
			if e.Type != tc.typ || e.Subject != "customer-17" || r.Kind != tc.kind || r.consent() != tc.consent || r.Address != zoe || r.Text == "" {
				t.Errorf("%s of %s: %+v, consent %q, want %s %q %q", e.Type, e.Subject, r, r.consent(), tc.typ, tc.kind, tc.consent)
			}
		})
	}
}

func TestStrangersWrite(t *testing.T) {
	t.Parallel()
	const stranger = "+447700900999"
	r := &recording{}
	s := start(t, r, func(o *listener.Options) { o.FindByNumber = numbers })
	s.want(t, http.StatusOK, written(stranger, "STOP"))
	if n := len(r.Events(t)); n != 0 || s.count(t, "listener.events", "stranger") != 1 {
		t.Errorf("%d events", n)
	}
	kept := &recording{}
	open := start(t, kept, func(o *listener.Options) { o.FindByNumber, o.Strangers = numbers, "a secret of the shop's" })
	for _, c := range []call{written(stranger, "STOP"), written(stranger, "Hello?"), written(zoe, "Hi")} {
		open.want(t, http.StatusOK, c)
	}
	events := kept.Events(t)
	if len(events) != 3 || events[0].Subject != events[1].Subject || !strings.HasPrefix(events[0].Subject, event.AnonymousPrefix) ||
		strings.Contains(events[0].Subject, "900999") || events[2].Subject != "customer-17" {
		t.Errorf("%+v", events)
	}
}

// TestSharedNumber: an opt-out is of all who have the number.
func TestSharedNumber(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	s := start(t, bus.NewBroker(b.JS), func(o *listener.Options) {
		o.FindByNumber = func(context.Context, message.Channel, string) ([]feedback.Origin, error) {
			return []feedback.Origin{{Profile: "customer-17"}, {Profile: "customer-18"}}, nil
		}
	})
	for range 2 {
		s.want(t, http.StatusOK, written(zoe, "STOP"))
	}
	var who []string
	for _, e := range bustest.Stored(t, b.JS) {
		who = append(who, e.Subject)
	}
	slices.Sort(who)
	if !slices.Equal(who, []string{"customer-17", "customer-18"}) {
		t.Errorf("events of %v", who)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	replies := func(language string) listener.Replies {
		if language == "de" {
			return listener.Replies{Stop: "Bluem: abgemeldet."}
		}
		return listener.Replies{Stop: "Bluem & Co: you get no more.", Ask: "Bluem: no more at all? Reply STOP.", Start: "Bluem: welcome back.", Help: "Bluem: 2 a month."}
	}
	message := func(words string) string {
		return strings.TrimSuffix(nothing, "<Response/>") + "<Response><Message>" + words + "</Message></Response>"
	}
	s := start(t, &recording{}, func(o *listener.Options) { o.FindByNumber, o.Replies = numbers, replies })
	for name, tc := range map[string]struct {
		call call
		want string
	}{
		"STOP":                      {written(zoe, "stop"), message("Bluem &amp; Co: you get no more.")},
		"in German":                 {written(zoe, "Abmelden"), message("Bluem: abgemeldet.")},
		"in one's words":            {written(zoe, "please stop texting me"), message("Bluem &amp; Co: you get no more.")},
		"perhaps":                   {written(zoe, "please stop texting me so often"), message("Bluem: no more at all? Reply STOP.")},
		"START":                     {written(zoe, "start"), message("Bluem: welcome back.")},
		"START of nobody":           {written("+447700900999", "start"), nothing},
		"HELP":                      {written(zoe, "help"), message("Bluem: 2 a month.")},
		"HELP in German":            {written(zoe, "Hilfe"), nothing},
		"Twilio has answered":       {written(zoe, "STOP", "OptOutType", "STOP"), nothing},
		"neither one nor the other": {written(zoe, "Thanks!"), nothing},
	} {
		if a := s.want(t, http.StatusOK, tc.call); a.body != tc.want {
			t.Errorf("%s: answered %q, want %q", name, a.body, tc.want)
		}
	}
	never := start(t, &recording{}, func(o *listener.Options) { o.FindByNumber, o.Replies = agreedToNothing, replies })
	if a := never.want(t, http.StatusOK, written(zoe, "start")); a.body != nothing {
		t.Errorf("somebody who had agreed to nothing is welcomed back: %q", a.body)
	}
	if a := s.want(t, http.StatusOK, signed("twilio", nil)); a.body != "" {
		t.Errorf("a status was answered with %q", a.body)
	}
}

// TestTheURLThatWasSigned: behind a proxy the public one counts, with the path that the proxy took away.
func TestTheURLThatWasSigned(t *testing.T) {
	t.Parallel()
	s := start(t, &recording{}, func(o *listener.Options) { o.PublicURL = "https://elsewhere.example" })
	s.want(t, http.StatusForbidden, signed("twilio", nil))
	slash := start(t, &recording{}, func(o *listener.Options) { o.PublicURL = publicURL + "/" })
	slash.want(t, http.StatusOK, signed("twilio", nil))
}
