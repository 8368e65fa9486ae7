package signature

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Standard is the signed part of a request's headers by the Standard Webhooks specification
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): webhook-id,
// webhook-timestamp and webhook-signature, which Svix sends as svix-id, svix-timestamp and svix-signature
// (https://docs.svix.com/receiving/verifying-payloads/how-manual).
type Standard struct {
	ID         string
	Timestamp  string // seconds since 1970
	Signatures string // "v1,<base64>", several with blanks between them while the sender changes its key
}

// StandardKey reads a secret as providers show it: base64, mostly with whsec_ before it.
func StandardKey(secret string) (string, error) {
	raw := strings.TrimPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(raw)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(raw)
	}
	if err != nil || len(key) == 0 {
		return "", fmt.Errorf("%w: a signing secret is base64, mostly with whsec_ before it: copy it again from the webhook's page", ErrKey)
	}
	return string(key), nil
}

// Verify accepts when one of the signatures of version 1 was made by one of the keys (see StandardKey) over id, time and
// body. The time is signed; Sent reads it.
func (s Standard) Verify(keys []string, body []byte) error {
	switch "" {
	case s.ID:
		return wrong("webhook-id", "it is missing: check that nothing in between removes headers")
	case s.Timestamp:
		return wrong("webhook-timestamp", "it is missing: check that nothing in between removes headers")
	case s.Signatures:
		return wrong("webhook-signature", "it is missing: check that nothing in between removes headers")
	}
	signed := []byte(s.ID + "." + s.Timestamp + ".")
	tried := 0
	for one := range strings.FieldsSeq(s.Signatures) {
		version, text, _ := strings.Cut(one, ",")
		mac, err := base64.StdEncoding.Strict().DecodeString(text)
		if version != "v1" || err != nil {
			continue // v1a is asymmetric, and later versions are for who knows them.
		}
		if tried++; tried > mostSignatures {
			break
		}
		if anyMAC(sha256.New, keys, mac, signed, body) {
			return nil
		}
	}
	return wrong("webhook-signature", "no signature of version 1 fits id, time and body: check the endpoint's signing secret, and that the body is verified as it came")
}

// mostSignatures bounds the work that a stranger can ask for with one header.
const mostSignatures = 16

// Sent is the signed time of the attempt.
func (s Standard) Sent() (time.Time, error) { return Seconds(s.Timestamp) }
