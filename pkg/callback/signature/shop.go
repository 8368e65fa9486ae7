package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// HMAC is a signature over the body alone, or over a time and the body, as many shop systems
// make it, with HMAC-SHA256. WooCommerce's is one in base64, in X-WC-Webhook-Signature
// (https://woocommerce.com/document/webhooks/).
type HMAC struct {
	Header string // where it stands, for messages
	Hex    bool   // else base64
	Prefix string // what stands before it, such as sha256=
}

// Verify checks what stands in the header over the parts, one after another. A time among them
// is signed; without one, none is.
func (h HMAC) Verify(secrets []string, got string, parts ...[]byte) error {
	rest, ok := strings.CutPrefix(got, h.Prefix)
	if !ok && got != "" {
		return wrong(h.Header, "it does not begin with "+h.Prefix+": check which shop calls this address")
	}
	read := fromBase64
	if h.Hex {
		read = fromHex
	}
	mac, err := read(h.Header, rest)
	if err != nil {
		return err
	}
	if !anyMAC(sha256.New, secrets, mac, parts...) {
		return wrong(h.Header, "it does not fit the body: check the webhook's secret, and that the body is verified as it came, before anything decodes it")
	}
	return nil
}

// Stripe verifies Stripe-Signature: "t=<seconds>,v1=<hex>", with a v1 for each key while it is
// changed, of HMAC-SHA256 over the time, a point and the body, with the endpoint's signing
// secret as it is shown, whsec_ included
// (https://docs.stripe.com/webhooks#verify-manually). It answers the signed time; every retry
// is signed anew.
func Stripe(secrets []string, body []byte, got string) (time.Time, error) {
	const header = "Stripe-Signature"
	if got == "" {
		return time.Time{}, wrong(header, "it is missing: check that nothing in between removes headers")
	}
	at, macs := "", make([][]byte, 0, 2)
	for part := range strings.SplitSeq(got, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if at != "" && at != value {
				return time.Time{}, wrong(header, "it has two times: check which shop calls this address")
			}
			at = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil && len(macs) < mostSignatures {
				macs = append(macs, mac)
			}
		}
	}
	sent, err := Seconds(at)
	if err != nil {
		return time.Time{}, err
	}
	for _, mac := range macs {
		if anyMAC(sha256.New, secrets, mac, []byte(at+"."), body) {
			return sent, nil
		}
	}
	return time.Time{}, wrong(header, "no signature v1 fits time and body: check the endpoint's signing secret, and that the body is verified as it came, before anything decodes it")
}
