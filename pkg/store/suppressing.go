package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/pkg/message"
)

// Grounds says why an address is on the suppression list.
type Grounds string

// The grounds, the strongest first. Each is kept by itself, with the first time that it was
// given, so that the list is the same whatever the order in which it was written.
const (
	Erased     Grounds = "erased"     // the person asked to be forgotten
	Complained Grounds = "complained" // pressed the button "this is spam"
	Bounced    Grounds = "bounced"    // the address does not exist
	Manual     Grounds = "manual"     // somebody of the shop said so
	OptedOut   Grounds = "opted_out"  // answered STOP
	Imported   Grounds = "imported"   // came from another system
)

// AllGrounds returns every ground, the strongest first.
func AllGrounds() []Grounds {
	return []Grounds{Erased, Complained, Bounced, Manual, OptedOut, Imported}
}

// Address is where one channel reaches somebody: an e-mail address or a number.
type Address struct {
	Channel message.Channel
	Address string
}

// Suppression keeps every message of a channel from an address, whoever's it is. The store
// keeps Hash and forgets Address; one of the two has to be there.
type Suppression struct {
	Channel message.Channel `json:"channel"`
	Address string          `json:"-"`
	Hash    []byte          `json:"hash"` // of Address, see Salt
	Reason  Grounds         `json:"reason"`
	Source  string          `json:"source,omitempty"` // who said so
	At      time.Time       `json:"at"`
}

// Release takes an address off the list. Without Reasons, all grounds go.
type Release struct {
	Address
	Reasons []Grounds
}

// Suppressing is the list of addresses that are not written to, across profiles: a person
// may come back under another id, or be erased, and the address is still listed.
type Suppressing interface {
	// Suppress lists addresses. Of one address and reason the first entry stays.
	Suppress(ctx context.Context, list []Suppression) error
	// Release takes an address off, whatever the grounds, and reports whether it was listed.
	Release(ctx context.Context, address Address) (bool, error)
	// Suppressed returns, for each address in order, the strongest ground that it is listed on;
	// empty: it is not.
	Suppressed(ctx context.Context, addresses []Address) ([]Grounds, error)
	// Suppressions returns the list in the order of hashes, then reasons, starting after an
	// entry (the zero Suppression: at the first), at most limit.
	Suppressions(ctx context.Context, after Suppression, limit int) ([]Suppression, error)
}

// Salt makes hashes that only this installation can make: 32 random bytes, which a store
// makes once, keeps in its database, and takes along when it is moved. Without them nobody
// can try out which addresses are on a list that got out.
type Salt []byte

// SaltSize is how many bytes a Salt has.
const SaltSize = 32

// Hash is the HMAC-SHA256 of a channel and an address as Normal writes it.
func (s Salt) Hash(a Address) []byte { return s.sum(string(a.Channel), a.Normal()) }

// Phone is the hash of a number, whatever the channel.
func (s Salt) Phone(number string) []byte {
	return s.sum("phone", Address{Channel: message.SMS, Address: number}.Normal())
}

// Profile is the hash of a profile's id, which may be an address itself.
func (s Salt) Profile(id string) []byte { return s.sum("profile", id) }

// sum separates kind and text by a byte that neither has.
func (s Salt) sum(kind, text string) []byte {
	h := hmac.New(sha256.New, s)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return h.Sum(nil)
}

// HashBy is the entry's Hash, or else that of its Address. An entry without either, or without
// a reason that there is, is an error.
func (l *Suppression) HashBy(salt Salt) ([]byte, error) {
	switch {
	case !slices.Contains(AllGrounds(), l.Reason):
		return nil, fmt.Errorf("suppress an address: there is no reason %q", l.Reason)
	case len(l.Hash) == sha256.Size:
		return l.Hash, nil
	case len(l.Hash) > 0:
		return nil, fmt.Errorf("suppress an address: a hash has %d bytes, and not %d", len(l.Hash), sha256.Size)
	case l.Address == "":
		return nil, errors.New("suppress an address: it is empty")
	}
	return salt.Hash(Address{Channel: l.Channel, Address: l.Address}), nil
}

// Stronger is the one of two grounds that comes first in AllGrounds; empty is none.
func Stronger(a, b Grounds) Grounds {
	all := AllGrounds()
	switch {
	case a == "":
		return b
	case b != "" && slices.Index(all, b) < slices.Index(all, a):
		return b
	}
	return a
}

// Bucket is the first byte of a hash: what keys of the list begin with, so that a database
// that spreads tables can spread this one too.
func Bucket(hash []byte) int { return int(hash[0]) }

// Normal is the address without what makes no other of it. Of an e-mail address that is
// case, of the local part too: it may make a difference by RFC 5321, 2.4, and never does.
// Of a number it is all but its digits and a plus, for which two noughts may stand.
func (a Address) Normal() string {
	text := strings.TrimSpace(a.Address)
	if a.Channel == message.Email {
		return strings.ToLower(text)
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	for strings.HasPrefix(digits, "00") {
		digits = digits[2:]
	}
	return "+" + digits
}
