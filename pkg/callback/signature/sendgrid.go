package signature

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
)

// SendGridKey reads the verification key as SendGrid shows it: a P-256 public key, base64 of DER; PEM armour around it
// may stay.
func SendGridKey(text string) (*ecdsa.PublicKey, error) {
	var raw strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
			raw.WriteString(line)
		}
	}
	der, err := base64.StdEncoding.DecodeString(raw.String())
	if err != nil {
		return nil, fmt.Errorf("%w: the verification key is not base64: copy it again from the Event Webhook's page", ErrKey)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: the verification key cannot be read: copy it again from the Event Webhook's page: %w", ErrKey, err)
	}
	public, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: the verification key is a %T, and SendGrid's are ECDSA: check which key was copied", ErrKey, key)
	}
	return public, nil
}

// SendGrid verifies X-Twilio-Email-Event-Webhook-Signature: base64 of an ASN.1 ECDSA signature over SHA-256 of the
// time in X-Twilio-Email-Event-Webhook-Timestamp and the body
// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features).
func SendGrid(keys []*ecdsa.PublicKey, timestamp string, body []byte, got string) error {
	const header = "X-Twilio-Email-Event-Webhook-Signature"
	sig, err := fromBase64(header, got)
	if err != nil {
		return err
	}
	if timestamp == "" {
		return wrong("X-Twilio-Email-Event-Webhook-Timestamp", "it is missing: check that nothing in between removes headers")
	}
	h := sha256.New()
	_, _ = h.Write([]byte(timestamp)) // A hash takes everything.
	_, _ = h.Write(body)
	digest := h.Sum(nil)
	for _, key := range keys {
		if ecdsa.VerifyASN1(key, digest, sig) {
			return nil
		}
	}
	return wrong(header, "it does not fit time and body: check the verification key, and that the body is verified as it came, with its last line break")
}
