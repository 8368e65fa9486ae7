package profile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Block suppresses a channel.
type Block struct {
	Channel message.Channel `cbor:"1,keyasint"` // empty: all of them
	Why     string          `cbor:"2,keyasint"` // bounced, complained, opted_out, erased
	At      time.Time       `cbor:"3,keyasint"`
	// Address is the one that it is about: it holds while that is the person's. Empty: any.
	Address string `cbor:"4,keyasint,omitempty"`
	// Lifted is when the person opened the channel again; at or before At, and zero: they
	// have not.
	Lifted time.Time `cbor:"5,keyasint,omitzero"`
}

// The reasons of blocks that events set.
const (
	bounced    = "bounced"
	complained = "complained"
	optedOut   = "opted_out"
	erased     = "erased"
)

// maxBlocks bounds the blocks of one person, who may have had many addresses; the oldest are
// forgotten first.
const maxBlocks = 16

// setback is what an event says about an address to which something could not go.
type setback struct {
	// Kind is that of a bounce or a failure; of what people write, what they ask for, which some
	// call Intent. Some call a bounce's kind its Type.
	Kind, Type, Intent string
	Address, Purpose   string
	Code               any // a text or a number
}

// suppress takes in what came of a message, as far as it speaks against further ones. Only
// trouble that is the address's own does: a refusal for the sender's reputation (kind block),
// for the message's content (message) or for nobody knows what (other) is not the person's
// fault (RFC 3463 tells them apart as X.1 and X.2, X.7, and X.3 and X.6).
func (p *Profile) suppress(e *event.Event) {
	var d setback
	if json.Unmarshal(e.Data, &d) != nil {
		if e.Type != event.EmailComplained && e.Type != event.EmailUnsubscribed {
			return
		}
		d = setback{} // Whatever else it says, that much is clear.
	}
	channel := message.SMS
	switch {
	case strings.HasPrefix(e.Type, "email."):
		channel = message.Email
	case strings.HasPrefix(e.Type, "whatsapp."):
		channel = message.WhatsApp
	}
	address := cmp.Or(d.Address, p.Address(channel))
	switch e.Type {
	case event.EmailComplained:
		p.block(Block{Channel: channel, Why: complained, At: e.Time, Address: address})
		p.word(&event.ConsentUpdate{Channel: string(channel), Purpose: event.Everything, Source: "complaint", At: e.Time}, e)
	case event.EmailUnsubscribed:
		p.unsubscribe(e, d.Purpose)
	case event.EmailBounced:
		p.bounce(e, &d, address)
	case event.SMSFailed, event.WhatsAppFailed:
		switch d.Kind {
		case optedOut:
			p.optOut(channel, address, e.Time, time.Time{})
		case "hard":
			p.block(Block{Channel: channel, Why: bounced, At: e.Time, Address: address})
		}
	case event.SMSReceived, event.WhatsAppReceived:
		switch cmp.Or(d.Intent, d.Kind) {
		case "stop":
			p.optOut(channel, address, e.Time, time.Time{})
		case "start":
			p.optOut(channel, address, time.Time{}, e.Time)
		}
	}
}

// unsubscribe withdraws consent where the event does not say itself what is withdrawn:
// providers that keep lists of their own tell only that somebody is off them.
func (p *Profile) unsubscribe(e *event.Event, purpose string) {
	if u, err := e.Profile(); err == nil && u != nil && len(u.Consent) > 0 {
		return
	}
	p.word(&event.ConsentUpdate{Channel: string(message.Email), Purpose: cmp.Or(purpose, event.Everything), Source: e.Source, At: e.Time}, e)
}

// bounce takes in a mail that came back.
func (p *Profile) bounce(e *event.Event, d *setback, address string) {
	kind, code := strings.ToLower(cmp.Or(d.Kind, d.Type)), fmt.Sprint(d.Code)
	forGood := kind == "hard" || kind == "permanent"
	switch {
	case Dead(kind, code):
		p.block(Block{Channel: message.Email, Why: bounced, At: e.Time, Address: address})
	case forGood && mentions(code, disabled):
		p.trouble(Trouble{Kind: troubleDisabled, Address: address}, e.Time.UnixNano())
	case forGood && mentions(code, "5.2.2"), (kind == "soft" || kind == "transient") && mentions(code, "4.2.2", "5.2.2"):
		p.trouble(Trouble{Kind: troubleFull, Address: address}, e.Time.UnixNano())
	}
}

// disabled is the status of a mailbox that takes nothing, and may again.
const disabled = "5.2.1"

// Dead reports whether one bounce is enough to give an address up: it is for good, and neither
// of a mailbox that is disabled, which counts from the second time on, nor of one that is full.
func Dead(kind, code string) bool {
	kind = strings.ToLower(kind)
	return (kind == "hard" || kind == "permanent") && !mentions(code, disabled, "5.2.2")
}

// mentions reports whether a code, which may stand in the server's words, is one of some.
func mentions(code string, list ...string) bool {
	for word := range strings.FieldsFuncSeq(code, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }) {
		if slices.Contains(list, word) {
			return true
		}
	}
	return false
}

// block closes a channel for a reason, since the first time there was one.
func (p *Profile) block(b Block) {
	for i := range p.Blocked {
		if old := &p.Blocked[i]; old.Channel == b.Channel && old.Why == b.Why && old.Address == b.Address {
			if b.At.Before(old.At) {
				old.At = b.At
			}
			return
		}
	}
	p.addBlock(b)
}

func (p *Profile) addBlock(b Block) {
	p.Blocked = append(p.Blocked, b)
	slices.SortStableFunc(p.Blocked, func(a, b Block) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Address, b.Address))
	})
	if len(p.Blocked) > maxBlocks {
		oldest := -1
		for i := range p.Blocked {
			if k := &p.Blocked[i]; k.Why != erased && (oldest < 0 || k.At.Before(p.Blocked[oldest].At)) {
				oldest = i
			}
		}
		p.Blocked = slices.Delete(p.Blocked, oldest, oldest+1)
	}
}

// optOut notes when a person closed a channel by their own word, or opened it again: the
// later of the two counts, in whatever order they arrive.
func (p *Profile) optOut(c message.Channel, address string, stop, start time.Time) {
	i := slices.IndexFunc(p.Blocked, func(b Block) bool { return b.Channel == c && b.Why == optedOut && b.Address == address })
	if i < 0 {
		p.addBlock(Block{Channel: c, Why: optedOut, At: stop, Address: address, Lifted: start})
		return
	}
	b := &p.Blocked[i]
	if stop.After(b.At) {
		b.At = stop
	}
	if start.After(b.Lifted) {
		b.Lifted = start
	}
}
