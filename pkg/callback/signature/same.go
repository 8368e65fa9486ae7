package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"time"
)

var (
	// ErrWrong says that no key made this signature over these bytes: forged, changed on the way, or of another key.
	ErrWrong = errors.New("wrong signature")
	// ErrStale says that a signed time is too far from now: a repeat of an old request, or a wrong clock.
	ErrStale = errors.New("stale signature")
	// ErrKey says that a key cannot be used.
	ErrKey = errors.New("unusable key")
)

// Same compares two secrets in a time that depends on neither's content nor on where they differ.
func Same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Fresh refuses a signed time that is more than tolerance before or after now.
func Fresh(at, now time.Time, tolerance time.Duration) error {
	if at.Before(now.Add(-tolerance)) || at.After(now.Add(tolerance)) {
		return fmt.Errorf("%w: signed at %s and received at %s, which may lie %s apart: check this machine's clock; if the provider repeats old signatures, widen the tolerance",
			ErrStale, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), tolerance)
	}
	return nil
}

// Seconds reads a Unix time in whole seconds, as headers carry it.
func Seconds(text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > latest {
		return time.Time{}, fmt.Errorf("%w: the signed time %q is not in seconds since 1970: check which provider calls this address", ErrWrong, clip(text))
	}
	return time.Unix(n, 0).UTC(), nil
}

// latest is the last second of the year 9999, beyond which times cannot be written as RFC 3339.
const latest = 253402300799

// clip shortens what a stranger sent, for error messages.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// anyMAC reports whether one of the keys gives this MAC over the parts.
func anyMAC(newHash func() hash.Hash, secrets []string, got []byte, parts ...[]byte) bool {
	found := 0
	for _, secret := range secrets {
		if secret == "" {
			continue // Everybody can sign with an empty key.
		}
		mac := hmac.New(newHash, []byte(secret))
		for _, part := range parts {
			_, _ = mac.Write(part) // A hash takes everything.
		}
		found |= subtle.ConstantTimeCompare(mac.Sum(nil), got)
	}
	return found == 1
}

// wrong is ErrWrong about a header or field.
func wrong(where, why string) error { return fmt.Errorf("%w: %s: %s", ErrWrong, where, why) }

// fromBase64 and fromHex read a signature as the header has it.
func fromBase64(where, text string) ([]byte, error) {
	return decoded(where, text, base64.StdEncoding.Strict().DecodeString)
}

func fromHex(where, text string) ([]byte, error) { return decoded(where, text, hex.DecodeString) }

func decoded(where, text string, decode func(string) ([]byte, error)) ([]byte, error) {
	if text == "" {
		return nil, wrong(where, "it is missing: check that signing is switched on at the provider and that nothing in between removes headers")
	}
	got, err := decode(text)
	if err != nil {
		return nil, wrong(where, "it is no signature of this scheme: check which provider calls this address")
	}
	return got, nil
}
