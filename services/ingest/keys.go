package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Key is what a write key allows.
type Key struct {
	// Source is the name that the events of the key are published under.
	Source string
	// ID tells the keys of one source apart. It says nothing about the key, and stays here.
	ID string
	// Browser marks a key that stands in pages and apps, where everybody can read it. It may
	// only send track, page, screen and identify, see the package.
	Browser bool
	// Origins are the pages that may use a browser key ("https://shop.example"); none: any.
	Origins []string
	// PerSecond is how many events per second may be sent with the key on average; 0:
	// Limits.PerSource.
	PerSecond int
}

// allows reports whether pages of an origin may use the key.
func (k *Key) allows(origin string) bool {
	return k.Browser && (len(k.Origins) == 0 || slices.Contains(k.Origins, origin))
}

// Keys knows the write keys.
type Keys interface {
	// Lookup says what a write key allows. It must take as long for a wrong key as for a
	// right one.
	Lookup(key string) (Key, bool)
	// Welcomes reports whether there is a browser key for pages of an origin: browsers ask
	// before they show us the key (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
	Welcomes(origin string) bool
}

// KeySet is a fixed set of write keys. It keeps their hashes only.
type KeySet struct{ keys []hashedKey }

type hashedKey struct {
	Key
	sum [sha256.Size]byte
}

// Lookup compares the key with all keys of the set in constant time.
func (s *KeySet) Lookup(key string) (Key, bool) {
	sum := sha256.Sum256([]byte(key))
	found := -1
	for i := range s.keys {
		match := subtle.ConstantTimeCompare(sum[:], s.keys[i].sum[:])
		found = subtle.ConstantTimeSelect(match, i, found)
	}
	if found < 0 {
		return Key{}, false
	}
	return s.keys[found].Key, true
}

// Welcomes implements Keys.
func (s *KeySet) Welcomes(origin string) bool {
	return slices.ContainsFunc(s.keys, func(k hashedKey) bool { return k.allows(origin) })
}

// sourceName keeps '#' out, which parts source and id in an event's UID.
func sourceName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`) }

// ParseKeys reads write keys as RAPPORT_WRITE_KEYS has them, `name:key,name:key`, or
// one to a line with # comments as a file has them. A name may have several keys,
// so that they can be changed one after the other.
//
// Behind a second colon a key may have options, parted by semicolons: `browser` makes it one
// that pages may show, `origin=https://shop.example` (may be repeated) names the pages that
// may use it, `rate=50` is how many events per second it may send. So
// `web:pk1:browser;origin=https://shop.example;rate=50`.
//
// Errors give the number of the entry and its name, never the key.
func ParseKeys(text string) (*KeySet, error) {
	set, names, owner := &KeySet{}, sourceName(), map[[sha256.Size]byte]string{}
	for line, rest := range strings.Split(text, "\n") {
		rest, _, _ = strings.Cut(rest, "#")
		for i, entry := range strings.Split(rest, ",") {
			entry = strings.TrimSpace(entry)
			if entry == "" {
				continue
			}
			at := fmt.Sprintf("line %d, entry %d", line+1, i+1)
			key, err := parseKey(entry, names)
			if err != nil {
				return nil, fmt.Errorf("write keys: %s: %w", at, err)
			}
			if other, taken := owner[key.sum]; taken {
				return nil, fmt.Errorf("write keys: %s: %s has the same key as %s: give each source its own", at, key.Source, other)
			}
			owner[key.sum] = key.Source
			key.ID = strconv.Itoa(len(set.keys))
			set.keys = append(set.keys, key)
		}
	}
	if len(set.keys) == 0 {
		return nil, fmt.Errorf("write keys: there are none: set RAPPORT_WRITE_KEYS=name:key, such as shop:%s", "a-long-random-text")
	}
	return set, nil
}

// parseKey reads one `name:key` or `name:key:options`.
func parseKey(entry string, names *regexp.Regexp) (k hashedKey, err error) {
	name, rest, ok := strings.Cut(entry, ":")
	key, options, more := strings.Cut(rest, ":")
	name, key = strings.TrimSpace(name), strings.TrimSpace(key)
	switch {
	case !ok:
		return k, errors.New("has no colon: write name:key")
	case !names.MatchString(name):
		return k, fmt.Errorf("%q is no name: use up to 64 letters, digits and . _ / -", name)
	case name == "rapport", strings.HasPrefix(name, "rapport/"):
		return k, fmt.Errorf("%q names a part of Rapport: choose another name", name)
	case key == "":
		return k, fmt.Errorf("%s has an empty key: write name:key", name)
	case strings.ContainsAny(key, " \t\""):
		return k, fmt.Errorf("the key of %s has a blank or quote, which Basic authentication cannot carry: choose another", name)
	}
	k = hashedKey{Key: Key{Source: name}, sum: sha256.Sum256([]byte(key))}
	if !more {
		return k, nil
	}
	for i, option := range strings.Split(options, ";") {
		if err := k.option(strings.TrimSpace(option)); err != nil {
			return k, fmt.Errorf("option %d of %s: %w (a key itself has no colon, which Basic authentication cannot carry)", i+1, name, err)
		}
	}
	if len(k.Origins) > 0 && !k.Browser {
		return k, fmt.Errorf("%s has an origin and is no browser key: write name:key:browser;origin=URL", name)
	}
	return k, nil
}

func (k *Key) option(option string) error {
	name, value, _ := strings.Cut(option, "=")
	switch name {
	case "browser":
		if value != "" {
			return errors.New("browser takes no value")
		}
		k.Browser = true
	case "origin":
		if value == "*" {
			return nil // what no origin means
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Scheme+"://"+u.Host != value {
			return errors.New("an origin is a scheme and a host, such as origin=https://shop.example, or origin=* for any")
		}
		k.Origins = append(k.Origins, value)
	case "rate":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return errors.New("a rate is a whole number of events per second, such as rate=50")
		}
		k.PerSecond = n
	default: // not shown: it could be a part of the key
		return errors.New("is not known: say browser, origin=https://shop.example or rate=50")
	}
	return nil
}

// ReadKeys reads a file in the form of ParseKeys.
func ReadKeys(path string) (*KeySet, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read write keys: %w", err)
	}
	set, err := ParseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}
