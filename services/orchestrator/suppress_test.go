package orchestrator_test

import (
	"testing"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// What comes back from an address lists it, or takes it off again, in the transaction of the event.
func TestWhatListsAnAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o, _ := r.run(nil)
	const own, other = "+447700900001", "+447700900002"
	for i, tc := range []struct {
		typ     string
		data    map[string]any
		channel message.Channel
		address string
		want    store.Grounds
	}{
		{event.EmailBounced, map[string]any{"kind": "soft", "address": "soft@example.com"}, message.Email, "soft@example.com", ""},
		{event.EmailBounced, map[string]any{"kind": "block"}, message.Email, "ada@example.com", ""},
		{event.EmailBounced, map[string]any{"kind": "hard", "code": "5.2.1", "address": "closed@example.com"}, message.Email, "closed@example.com", ""},
		{event.EmailBounced, map[string]any{"kind": "hard", "address": "Gone@Example.com"}, message.Email, "gone@example.com", store.Bounced},
		{event.EmailBounced, map[string]any{"kind": "hard"}, message.Email, "ada@example.com", store.Bounced},
		{event.EmailComplained, map[string]any{}, message.Email, "ada@example.com", store.Complained},
		{event.SMSFailed, map[string]any{"kind": "unknown", "address": other}, message.SMS, other, ""},
		{event.SMSFailed, map[string]any{"kind": "opted_out", "address": other}, message.SMS, other, store.OptedOut},
		{event.SMSReceived, map[string]any{"intent": "start", "address": other}, message.SMS, other, ""},
		{event.SMSReceived, map[string]any{"intent": "stop"}, message.SMS, own, store.OptedOut},
		{event.SMSReceived, map[string]any{"kind": "stop"}, message.SMS, own, store.OptedOut},
		{event.WhatsAppReceived, map[string]any{"intent": "STOP"}, message.WhatsApp, own, store.OptedOut},
		{event.WhatsAppReceived, map[string]any{"intent": "start"}, message.SMS, own, store.OptedOut},
		{event.WhatsAppReceived, map[string]any{"text": "hello"}, message.WhatsApp, own, ""},
		{"shop.bounced", map[string]any{"kind": "hard", "address": "x@example.com"}, message.Email, "x@example.com", ""},
	} {
		if i == 0 {
			r.publish(r.order("ada", start(), "N1", "lamp"))
		}
		r.publish(r.event(tc.typ, "ada", start().Add(time.Duration(i)*time.Minute), tc.data))
		r.settled(o)
		if got := r.suppressed(tc.channel, tc.address); got != tc.want {
			t.Errorf("after %s %v, %s is listed as %q, want %q", tc.typ, tc.data, tc.address, got, tc.want)
		}
	}
	if err := r.store.Suppress(t.Context(), []store.Suppression{{Channel: message.SMS, Address: own, Reason: store.Manual, At: start()}}); err != nil {
		t.Fatal(err)
	}
	// In one batch, the last word counts; and START takes back nothing but STOP.
	r.publish(r.event(event.SMSReceived, "ada", start().Add(day), map[string]any{"intent": "start"}),
		r.event(event.SMSReceived, "ada", start().Add(day), map[string]any{"intent": "stop", "address": other}),
		r.event(event.SMSReceived, "ada", start().Add(day), map[string]any{"intent": "start", "address": other}))
	r.settled(o)
	if a, b := r.suppressed(message.SMS, own), r.suppressed(message.SMS, other); a != store.Manual || b != "" {
		t.Errorf("listed as %q and %q, want %q and not at all", a, b, store.Manual)
	}
}

// A person is found by the number that they have now.
func TestWhoseNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o, _ := r.run(nil)
	said := func(who, number string, at time.Duration) event.Event {
		return r.event(event.ProfileIdentified, who, start().Add(at), map[string]any{
			event.ProfileProperty: map[string]any{"traits": map[string]any{"phone": number}},
		})
	}
	whose := func(number string) (list []string) {
		for _, ref := range must(r.store.ByPhone(t.Context(), number))(t) {
			list = append(list, ref.Profile)
		}
		return list
	}
	r.publish(said("ada", "+447700900001", 0), said("bob", "+44 7700 900001", 0))
	r.settled(o)
	if got := whose("+447700900001"); len(got) != 2 {
		t.Errorf("the number is that of %v, want both", got)
	}
	r.publish(said("ada", "+447700900003", time.Hour), said("ada", "+447700900002", 2*time.Hour))
	r.settled(o)
	if a, b, c := whose("+447700900001"), whose("+447700900002"), whose("+447700900003"); len(a) != 1 || a[0] != "bob" || len(b) != 1 || b[0] != "ada" || len(c) != 0 {
		t.Errorf("the numbers are those of %v, %v and %v", a, b, c)
	}
}
