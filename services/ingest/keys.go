package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Keys knows the write keys.
type Keys interface {
	// Source returns the name of the source that a write key belongs to.
	// It must take as long for a wrong key as for a right one.
	Source(key string) (name string, ok bool)
}

// KeySet is a fixed set of write keys. It keeps their hashes only.
type KeySet struct{ keys []namedKey }

type namedKey struct {
	name string
	sum  [sha256.Size]byte
}

// Source compares the key with all keys of the set in constant time.
func (s *KeySet) Source(key string) (string, bool) {
	sum := sha256.Sum256([]byte(key))
	found := -1
	for i := range s.keys {
		match := subtle.ConstantTimeCompare(sum[:], s.keys[i].sum[:])
		found = subtle.ConstantTimeSelect(match, i, found)
	}
	if found < 0 {
		return "", false
	}
	return s.keys[found].name, true
}

// sourceName keeps '#' out, which parts source and id in an event's UID.
func sourceName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`) }

// ParseKeys reads write keys as RAPPORT_WRITE_KEYS has them, `name:key,name:key`, or
// one to a line with # comments as a file has them. A name may have several keys,
// so that they can be changed one after the other. Errors give the number of
// the entry and its name, never the key.
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
			name, key, ok := strings.Cut(entry, ":")
			name, key = strings.TrimSpace(name), strings.TrimSpace(key)
			switch {
			case !ok:
				return nil, fmt.Errorf("write keys: %s: has no colon: write name:key", at)
			case !names.MatchString(name):
				return nil, fmt.Errorf("write keys: %s: %q is no name: use up to 64 letters, digits and . _ / -", at, name)
			case key == "":
				return nil, fmt.Errorf("write keys: %s: %s has an empty key: write name:key", at, name)
			case strings.ContainsAny(key, ": \t\""):
				return nil, fmt.Errorf("write keys: %s: the key of %s has a colon, blank or quote, which Basic authentication cannot carry: choose another", at, name)
			}
			sum := sha256.Sum256([]byte(key))
			if other, taken := owner[sum]; taken {
				return nil, fmt.Errorf("write keys: %s: %s has the same key as %s: give each source its own", at, name, other)
			}
			owner[sum] = name
			set.keys = append(set.keys, namedKey{name, sum})
		}
	}
	if len(set.keys) == 0 {
		return nil, fmt.Errorf("write keys: there are none: set RAPPORT_WRITE_KEYS=name:key, such as shop:%s", "a-long-random-text")
	}
	return set, nil
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
