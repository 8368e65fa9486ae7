package link

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"
	"time"
)

const (
	version   = 1
	headLen   = 2 // version and key id
	nonceLen  = 12
	minSecret = 32 // bytes
	// maxToken keeps the address within the 8 KiB that web servers and proxies read of a
	// request's first line.
	maxToken = 8000
)

// Keys seal tickets and open tokens. They do not change and are safe for concurrent use.
type Keys struct {
	list []key // the first seals
	// encoding refuses what would decode to the same bytes as another token.
	encoding *base64.Encoding
}

type key struct {
	id    byte
	nonce []byte // of the HMAC that makes nonces
	aead  cipher.AEAD
	desks *sync.Pool // of *desk
}

// desk is what sealing one ticket needs of room. A mail has ten links, and making the HMAC anew
// for each took longer than all else.
type desk struct {
	mac            hash.Hash
	packed, sealed []byte
}

func (k *key) desk() *desk {
	if d, ok := k.desks.Get().(*desk); ok {
		return d
	}
	return &desk{mac: hmac.New(sha256.New, k.nonce), packed: make([]byte, 0, usualTicket), sealed: make([]byte, 0, usualTicket)}
}

// usualTicket is room for most tickets, in bytes. None is longer than maxToken.
const usualTicket = 512

// NewKeys derives keys from secrets of 32 bytes or more. The first seals, all of them open:
// to rotate, put a new one first and keep the former ones for as long as links live.
func NewKeys(secrets ...string) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("keys of links: there is no secret: give one of 32 random bytes or more")
	}
	k := &Keys{encoding: base64.RawURLEncoding.Strict()}
	for i, secret := range secrets {
		if len(secret) < minSecret {
			return nil, fmt.Errorf("keys of links: secret %d has %d bytes: give one of %d random bytes or more, such as that of openssl rand -hex 32", i+1, len(secret), minSecret)
		}
		one, err := derive(secret)
		if err != nil {
			return nil, fmt.Errorf("keys of links: derive from secret %d: %w", i+1, err)
		}
		k.list = append(k.list, one)
	}
	return k, nil
}

// derive makes the keys of one secret. The labels are part of every token there is.
func derive(secret string) (key, error) {
	var k key
	b, err := hkdf.Key(sha256.New, []byte(secret), nil, "rapport link 1", 32+32+1)
	if err != nil {
		return k, err
	}
	block, err := aes.NewCipher(b[:32])
	if err != nil {
		return k, err
	}
	k.aead, err = cipher.NewGCM(block)
	k.nonce, k.id, k.desks = b[32:64], b[64], &sync.Pool{}
	return k, err
}

// appendNonce appends the nonce of a ticket: the beginning of a HMAC over all that is sealed.
func (d *desk) appendNonce(dst, head, packed []byte) []byte {
	d.mac.Reset()
	d.mac.Write(head)
	d.mac.Write(packed)
	return d.mac.Sum(dst)[:len(dst)+nonceLen]
}

// Seal makes the token of a ticket: the same one whenever it is asked. It is empty for what
// must not or cannot be sealed: a kind there is not, a click that leads to no web address
// (see the package's documentation), or so much text that servers would refuse the address.
// Times lose what is below a second.
func (k *Keys) Seal(t Ticket) string {
	if t.check() != nil {
		return ""
	}
	return string(k.append(nil, &t))
}

// append appends the token of a ticket that was checked; nothing where it would be too long.
func (k *Keys) append(dst []byte, t *Ticket) []byte {
	first := &k.list[0]
	d := first.desk()
	defer first.desks.Put(d)
	d.packed = t.pack(d.packed[:0])
	if k.encoding.EncodedLen(headLen+nonceLen+len(d.packed)+first.aead.Overhead()) > maxToken {
		d.packed = nil // which may be of any size
		return dst
	}
	d.sealed = append(d.sealed[:0], version, first.id)
	d.sealed = d.appendNonce(d.sealed, d.sealed, d.packed)
	head, nonce := d.sealed[:headLen], d.sealed[headLen:]
	d.sealed = first.aead.Seal(d.sealed, nonce, d.packed, head)
	return k.encoding.AppendEncode(dst, d.sealed)
}

// Open reads the ticket of a token. Errors are ErrForged, and ErrExpired when now is not
// before the end, with which the ticket comes all the same: whoever wants to unsubscribe
// late may be let. What the link is for is the ticket's kind; OpenAs asks for one.
func (k *Keys) Open(token string, now time.Time) (Ticket, error) {
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // The decoder passes over ends of lines.
		return Ticket{}, ErrForged
	}
	b, err := k.encoding.DecodeString(token)
	if err != nil || len(b) < headLen+nonceLen || b[0] != version {
		return Ticket{}, ErrForged
	}
	head, nonce, sealed := b[:headLen], b[headLen:headLen+nonceLen], b[headLen+nonceLen:]
	for i := range k.list {
		if k.list[i].id != head[1] {
			continue
		}
		if t, ok := k.list[i].open(head, nonce, sealed); ok {
			if !t.Expires.IsZero() && !now.Before(t.Expires) {
				return t, ErrExpired
			}
			return t, nil
		}
	}
	return Ticket{}, ErrForged
}

// OpenAs is Open for a link of one kind. A token of another kind is ErrForged: one for a
// click, which stands in pages and logs, must not unsubscribe anybody.
func (k *Keys) OpenAs(kind Kind, token string, now time.Time) (Ticket, error) {
	t, err := k.Open(token, now)
	if t.Kind != kind {
		return Ticket{}, ErrForged
	}
	return t, err
}

func (k *key) open(head, nonce, sealed []byte) (Ticket, bool) {
	var t Ticket
	packed, err := k.aead.Open(nil, nonce, sealed, head)
	if err != nil {
		return t, false
	}
	d := k.desk()
	defer k.desks.Put(d)
	if !hmac.Equal(d.appendNonce(nil, head, packed), nonce) {
		return t, false
	}
	if !t.unpack(packed) || t.check() != nil {
		return Ticket{}, false
	}
	return t, true
}

// check tells why a ticket is none: it holds when sealing, so that no token is in the world
// that should not be, and when opening, so that rules which became stricter hold for old ones.
func (t *Ticket) check() error {
	switch t.Kind {
	case Open, Unsubscribe, Preferences, Confirm:
		if t.URL != "" {
			return errors.New("only a click leads to an address")
		}
		return nil
	case Click:
		if _, err := parse(t.URL); err != nil {
			return err
		}
		return nil
	}
	return fmt.Errorf("there is no link of the kind %q", t.Kind)
}
