package orchestrator

import (
	"context"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/store"
)

// erases reports whether an event asks that its person be forgotten: whoever publishes it, or
// another id of the person, which was asked.
func erases(e *event.Event) bool {
	return e.Type == event.ProfileErased || e.Type == identity.TypeErased
}

// untouched reports whether the batch has nothing of a person yet. An erasure begins a batch
// as far as its person is concerned: what happened before it is committed before it, and
// counted.
func (b *batch) untouched(in *input) bool {
	if in.broken != nil || in.tick || !erases(in.event) {
		return true
	}
	p := b.people[in.event.Subject]
	return !p.dirty && !p.touched
}

// erase forgets a person, whose other ids are told: the root first, which tells all. A person who was
// erased by then, and has come back, is somebody else.
func (b *batch) erase(ctx context.Context, p *person, in *input) error {
	what, at := identity.Erased{Origin: p.id}, in.event.Time
	if in.event.Type == identity.TypeErased {
		var err error
		if what, err = identity.ReadData[identity.Erased](in.event.Data); err != nil {
			return bus.Permanent(err)
		}
	} else if b.w.o.Clock == WallClock {
		at = later(at, in.raw.Time.UTC())
	}
	if !at.After(p.erased) {
		b.w.o.metrics.duplicate(ctx)
		return b.eraseOrigin(p, in, what, at)
	}
	here, err := b.passErasure(p, in, what, at)
	if err == nil && here {
		b.forget(p, in, at)
	}
	return err
}

// forget has the store remove what it has of an id, and the relay what the stream has.
// The event itself stays in the stream, so that a store that is restored from a backup
// forgets again what the backup remembers.
func (b *batch) forget(p *person, in *input, at time.Time) {
	e := in.event
	key := e.Key()
	b.out.Erasures = append(b.out.Erasures, store.Erasure{Profile: p.id, At: at, Key: bus.Token(key)})
	if p.state != nil {
		b.out.Suppressions = append(b.out.Suppressions, erasedAddresses(&p.state.Profile, e.Source, e.Time)...)
	}
	b.out.Outbox = append(b.out.Outbox, store.Outgoing{
		Subject: bus.ForgetSubject(key), ID: "forget/" + e.UID(), Data: strconv.AppendUint(nil, in.seq, 10),
	})
	p.state, p.unopened, p.erased, p.phones, p.touched = nil, false, at, nil, true
}

// passErasure tells the other ids of a person, and the authority, and reports whether the id itself
// is erased now: where another one acts for it, that comes back from there. Who has only one id tells
// nobody. Of a state that cannot be read nobody knows whether there are others.
func (b *batch) passErasure(p *person, in *input, what identity.Erased, at time.Time) (here bool, err error) {
	node := &identity.Node{ID: p.id}
	switch {
	case p.state != nil && p.state.Identity != nil:
		node = p.state.Identity
	case in.event.Type == event.ProfileErased && !p.unopened:
		return true, nil
	}
	x := node.Erase(what)
	for _, id := range x.To {
		if err := b.tellErased(p, id, x.Erased, at, in.event.UID()); err != nil {
			return false, err
		}
	}
	if !x.Here {
		return false, nil
	}
	if x.Leave != "" {
		if err := b.leave(p, x.Leave, x.Detached, at); err != nil {
			return false, err
		}
	}
	return true, told(b, identity.Authority, identity.TypeForgotten, x.Forgotten, at, p.id, in.event.UID())
}

func (b *batch) tellErased(p *person, to string, what identity.Erased, at time.Time, because string) error {
	return told(b, to, identity.TypeErased, what, at, p.id, because)
}

// eraseOrigin sends an erasure back that came up to an id which was erased already.
func (b *batch) eraseOrigin(p *person, in *input, what identity.Erased, at time.Time) error {
	if what.Down || what.Origin == p.id {
		return nil
	}
	what.Down = true
	return b.tellErased(p, what.Origin, what, at, in.event.UID())
}

// deny has an id erased that brings what it knows of somebody who was erased meanwhile.
func (b *batch) deny(p *person, of string) error {
	return b.tellErased(p, of, identity.Erased{Origin: p.id, Down: true}, p.erased, "denied")
}

// leaving are those who ask to be forgotten; nil, as nearly always: nobody does.
func leaving(ins []input) (set map[string]bool) {
	for i := range ins {
		if in := &ins[i]; in.broken == nil && !in.tick && erases(in.event) {
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
	return p.state == nil && !p.unopened && (e.Source == event.EngineSource || e.Of != "" || echo(e.Type))
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
