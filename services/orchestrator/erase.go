package orchestrator

import (
	"strconv"
	"strings"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/store"
)

// untouched reports whether the batch has nothing of a person yet. An erasure begins a batch
// as far as its person is concerned: what happened before it is committed before it, and
// counted.
func (b *batch) untouched(in *input) bool {
	if in.broken != nil || in.tick || in.event.Type != event.ProfileErased {
		return true
	}
	p := b.people[in.event.Subject]
	return !p.dirty && !p.touched
}

// erase forgets a person: the store removes what it has, and the relay what the stream has.
// The event itself stays in the stream, so that a store that is restored from a backup
// forgets again what the backup remembers.
func (b *batch) erase(p *person, in *input) {
	e := in.event
	at := e.Time
	if b.w.o.Clock == WallClock {
		at = later(at, in.raw.Time.UTC())
	}
	key := e.Key()
	b.out.Erasures = append(b.out.Erasures, store.Erasure{Profile: p.id, At: at, Key: bus.Token(key)})
	if p.state != nil {
		b.out.Suppressions = append(b.out.Suppressions, erasedAddresses(&p.state.Profile, e.Source, e.Time)...)
	}
	b.out.Outbox = append(b.out.Outbox, store.Outgoing{
		Subject: bus.ForgetSubject(key), ID: "forget/" + e.UID(), Data: strconv.AppendUint(nil, in.seq, 10),
	})
	p.state, p.unopened, p.erased, p.phone, p.touched = nil, false, at, "", true
}

// leaving are those who ask to be forgotten; nil, as nearly always: nobody does.
func leaving(ins []input) (set map[string]bool) {
	for i := range ins {
		if in := &ins[i]; in.broken == nil && !in.tick && in.event.Type == event.ProfileErased {
			if set == nil {
				set = map[string]bool{}
			}
			set[in.event.Subject] = true
		}
	}
	return set
}

// forgotten reports whether an event is of somebody who was erased before it is applied:
// whatever the producer kept back or repeats of the time before; and what comes of messages,
// or of the engine itself, when nobody has come back under the id.
func (p *person) forgotten(e *event.Event) bool {
	switch {
	case p.erased.IsZero():
		return false
	case !e.Time.After(p.erased):
		return true
	}
	return p.state == nil && !p.unopened && (e.Source == event.EngineSource || echo(e.Type))
}

// echo reports whether a type is of events that follow from a message, which may come long
// after it.
func echo(typ string) bool {
	switch typ {
	case event.SMSDelivered, event.SMSFailed, event.WhatsAppDelivered, event.WhatsAppRead, event.WhatsAppFailed,
		event.ConsentConfirmed, event.PreferencesChanged:
		return true
	}
	return event.Receipt(typ) || strings.HasPrefix(typ, "email.")
}

// number is a person's telephone number, as far as the store finds people by it.
func (p *person) number() string {
	if p.state == nil {
		return ""
	}
	return p.state.Profile.Trait("phone")
}

// phones notes whose number is another one than when they were loaded. Of those who are
// brought under a workspace it is noted all the same: the store may be older than its index.
func (b *batch) phones(p *person) {
	if now := p.number(); now != p.phone || (b.renewing && now != "") {
		row := store.PhoneRow{Profile: p.id, Number: now}
		if now != p.phone {
			row.Former = p.phone
		}
		b.out.Phones = append(b.out.Phones, row)
	}
}
