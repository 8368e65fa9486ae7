package orchestrator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
	"rapport/pkg/profile"
	"rapport/pkg/store"
)

// lists says what an event means to the suppression list: the address that must not be
// written to any more, or may be again. It is the address that the event names, since the
// person's may be another one by now; else the person's, who may be nil.
func lists(e *event.Event, who *profile.Profile) (add []store.Suppression, release []store.Release) {
	var channel message.Channel
	var d struct {
		Address, Kind, Type, Intent string
		Code                        any // a text or a number
	}
	switch e.Type {
	case event.EmailBounced, event.EmailComplained:
		channel = message.Email
	case event.SMSFailed, event.SMSReceived:
		channel = message.SMS
	case event.WhatsAppFailed, event.WhatsAppReceived:
		channel = message.WhatsApp
	default:
		return nil, nil
	}
	if json.Unmarshal(e.Data, &d) != nil {
		return nil, nil
	}
	if d.Address == "" && who != nil {
		d.Address = who.Address(channel)
	}
	// What people write has an intent, which services of our own call kind.
	kind, intent := strings.ToLower(cmp.Or(d.Kind, d.Type)), strings.ToLower(cmp.Or(d.Intent, d.Kind))
	reason := grounds(e.Type, kind, fmt.Sprint(d.Code), intent)
	received := e.Type == event.SMSReceived || e.Type == event.WhatsAppReceived
	switch {
	case d.Address == "":
	case reason != "":
		add = []store.Suppression{{Channel: channel, Address: d.Address, Reason: reason, Source: e.Source, At: e.Time}}
	case received && intent == "start":
		// It takes back STOP, and nothing that somebody else said.
		at := store.Address{Channel: channel, Address: d.Address}
		release = []store.Release{{Address: at, Reasons: []store.Grounds{store.OptedOut}}}
	}
	return add, release
}

// grounds is why an event closes an address; empty: it does not. Of bounces only those do that
// are enough by themselves; what counts from the second time on closes it to the person.
func grounds(typ, kind, code, intent string) store.Grounds {
	switch typ {
	case event.EmailBounced:
		if profile.Dead(kind, code) {
			return store.Bounced
		}
	case event.EmailComplained:
		return store.Complained
	case event.SMSFailed, event.WhatsAppFailed:
		if kind == string(store.OptedOut) {
			return store.OptedOut
		}
	case event.SMSReceived, event.WhatsAppReceived:
		if intent == "stop" {
			return store.OptedOut
		}
	}
	return ""
}

// list puts into the batch what an event means to the suppression list. The store takes
// addresses off before it puts others on, so what is taken off again is not put on.
//
// An event that names the address is dealt with where it came in; of another one the person's
// address is meant, which is known where the engine acts for them.
func (b *batch) list(e *event.Event, p *person) {
	var who *profile.Profile
	if p.state != nil && !p.follows() {
		who = &p.state.Profile
	}
	add, release := lists(e, who)
	if e.Of != "" {
		if named, taken := lists(e, nil); len(named)+len(taken) > 0 {
			return
		}
	}
	for _, r := range release {
		b.out.Suppressions = slices.DeleteFunc(b.out.Suppressions, func(s store.Suppression) bool {
			same := s.Channel == r.Channel && store.Address{Channel: s.Channel, Address: s.Address}.Normal() == r.Normal()
			return same && slices.Contains(r.Reasons, s.Reason)
		})
	}
	b.out.Releases = append(b.out.Releases, release...)
	b.out.Suppressions = append(b.out.Suppressions, add...)
}

// erasedAddresses are those of somebody who asked to be forgotten.
func erasedAddresses(who *profile.Profile, source string, at time.Time) (list []store.Suppression) {
	for _, c := range message.Channels() {
		if address := who.Address(c); address != "" {
			list = append(list, store.Suppression{Channel: c, Address: address, Reason: store.Erased, Source: source, At: at})
		}
	}
	return list
}
