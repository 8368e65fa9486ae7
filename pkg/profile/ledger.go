package profile

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Statement is one word of the person's about consent, as it was said: who said what is the
// profile, and when, where and with what proof stands here.
type Statement struct {
	Channel   string    `cbor:"1,keyasint"` // event.Everything for all
	Purpose   string    `cbor:"2,keyasint"` // event.Everything for all
	Granted   bool      `cbor:"3,keyasint,omitempty"`
	Confirmed bool      `cbor:"4,keyasint,omitempty"` // the second step of a double opt-in
	Source    string    `cbor:"5,keyasint,omitempty"` // where it was said
	Proof     string    `cbor:"6,keyasint,omitempty"`
	At        time.Time `cbor:"7,keyasint"`
	Event     string    `cbor:"8,keyasint"` // the uid of the event that told it
}

// keptWords is how many of the first and how many of the last words a ledger keeps for ever:
// how somebody came to be on a list, and what they said lately, is what is asked for.
const keptWords = 50

// enter puts a word into the ledger, at its place in time. Shops repeat what they know with
// every event, so that of words which say the same in a row the first and the last are kept.
func (p *Profile) enter(s *Statement) {
	at, _ := slices.BinarySearchFunc(p.Ledger, s, func(a Statement, b *Statement) int { return compareStatements(&a, b) })
	before, earlier := p.neighbours(s, at, -1)
	after, later := p.neighbours(s, at, 1)
	switch {
	case before >= 0 && after >= 0:
		return // It is said before and after.
	case earlier >= 0: // The one before is in the middle now; it goes, and this takes a place behind it.
		copy(p.Ledger[before:at], p.Ledger[before+1:at])
		p.Ledger[at-1] = *s
		return
	case later >= 0: // So is the one after.
		copy(p.Ledger[at+1:after+1], p.Ledger[at:after])
		p.Ledger[at] = *s
		return
	}
	p.Ledger = slices.Insert(p.Ledger, at, *s)
	if len(p.Ledger) > 2*keptWords {
		p.Ledger = slices.Delete(p.Ledger, keptWords, keptWords+1)
	}
}

// neighbours are the next two words about the same from a place on, backwards or forwards;
// -1 each that does not say the same as s, and for all behind one that does not.
func (p *Profile) neighbours(s *Statement, at, step int) (first, second int) {
	first, second = -1, -1
	if step < 0 {
		at--
	}
	for ; at >= 0 && at < len(p.Ledger); at += step {
		old := &p.Ledger[at]
		if old.Channel != s.Channel || old.Purpose != s.Purpose {
			continue
		}
		if old.Granted != s.Granted || old.Confirmed != s.Confirmed || old.Source != s.Source || old.Proof != s.Proof {
			break
		}
		if first >= 0 {
			return first, at
		}
		first = at
	}
	return first, second
}

// compareStatements orders words by time; those of one time in a way that does not depend on
// which came first.
func compareStatements(a, b *Statement) int {
	if c := cmp.Or(a.At.Compare(b.At), strings.Compare(a.Event, b.Event), strings.Compare(a.Channel, b.Channel), strings.Compare(a.Purpose, b.Purpose)); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Proof, b.Proof), truths(a.Granted, b.Granted), truths(a.Confirmed, b.Confirmed))
}

func truths(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
