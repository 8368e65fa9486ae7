package dkim

import (
	"cmp"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Key is a private key of a domain. Its public half is published at <Selector>._domainkey.<Domain>.
type Key struct {
	Domain, Selector string
	// From is when it begins to sign; zero: it always did.
	From    time.Time
	Private crypto.Signer // an *rsa.PrivateKey or an ed25519.PrivateKey, as ReadKey returns them
}

// Ring holds the keys of all domains that mails come from. It may be used by several goroutines.
type Ring struct{ domains map[string][]*Key }

// NewRing checks the keys. Errors name the key.
func NewRing(keys ...Key) (*Ring, error) {
	r := &Ring{domains: map[string][]*Key{}}
	for _, k := range keys {
		k.Domain, k.Selector = strings.ToLower(k.Domain), strings.ToLower(k.Selector)
		if err := k.check(); err != nil {
			return nil, fmt.Errorf("DKIM key of the selector %q and the domain %q: %w", k.Selector, k.Domain, err)
		}
		for _, other := range r.domains[k.Domain] {
			if other.Selector == k.Selector {
				return nil, fmt.Errorf("the domain %s has two DKIM keys of the selector %s: give each key one of its own", k.Domain, k.Selector)
			}
		}
		r.domains[k.Domain] = append(r.domains[k.Domain], &k)
	}
	return r, nil
}

// Domains are the domains there are keys of, in order.
func (r *Ring) Domains() []string {
	var names []string
	for name := range r.domains {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Keys are all keys of a domain, also those that do not sign, in the order of their selectors.
func (r *Ring) Keys(domain string) []Key {
	var keys []Key
	for _, k := range r.domains[strings.ToLower(domain)] {
		keys = append(keys, *k)
	}
	slices.SortFunc(keys, func(a, b Key) int { return cmp.Compare(a.Selector, b.Selector) })
	return keys
}

// Signer is what signs mails that come from a domain at a time, and nil when there is no key. A domain without keys of its
// own takes those of the nearest domain above it, with which DMARC's relaxed alignment agrees (RFC 7489, section 3.1.1).
func (r *Ring) Signer(domain string, at time.Time) *Signer {
	if r == nil {
		return nil
	}
	for domain = strings.ToLower(domain); domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		if chosen := active(r.domains[domain], at); len(chosen) > 0 {
			return &Signer{keys: chosen, oversigned: Oversigned(), covered: Covered()}
		}
	}
	return nil
}

// active picks of each algorithm the key that came into force last. RSA comes first: what looks at one signature only
// looks at the first, and may not know the other algorithm.
func active(keys []*Key, at time.Time) []*Key {
	latest := map[string]*Key{}
	for _, k := range keys {
		if k.From.After(at) {
			continue
		}
		if best := latest[k.algorithm()]; best == nil || cmp.Or(k.From.Compare(best.From), cmp.Compare(k.Selector, best.Selector)) > 0 {
			latest[k.algorithm()] = k
		}
	}
	var chosen []*Key
	for _, algorithm := range []string{"rsa-sha256", "ed25519-sha256"} {
		if k := latest[algorithm]; k != nil {
			chosen = append(chosen, k)
		}
	}
	return chosen
}

func (k *Key) check() error {
	if !isName(k.Domain) || !strings.Contains(k.Domain, ".") {
		return errors.New("the domain is no name in the DNS, such as shop.example")
	}
	if !isName(k.Selector) {
		return errors.New("the selector is no name in the DNS: use letters, digits and hyphens, as in 2026a")
	}
	return checkPrivate(k.Private)
}

func checkPrivate(private crypto.Signer) error {
	switch p := private.(type) {
	case ed25519.PrivateKey:
		if len(p) == ed25519.PrivateKeySize {
			return nil
		}
	case *rsa.PrivateKey:
		if p.N == nil || p.N.BitLen() < minBits {
			return fmt.Errorf("the RSA key is shorter than %d bits: make a new one with rapport dkim new", minBits)
		}
		return nil
	}
	return errors.New("the key is neither RSA nor Ed25519: make one with rapport dkim new")
}

// isName reports whether s consists of labels of letters, digits, '-' and '_' (RFC 1035, section 2.3.1, and the underscores
// that selectors have).
func isName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// Domain is the domain that signs: d=.
func (s *Signer) Domain() string { return s.keys[0].Domain }
