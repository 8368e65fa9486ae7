package shophook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rapport/pkg/callback/signature"
)

// Scheme is how a shop system signs.
type Scheme string

// The schemes.
const (
	Shopify     Scheme = "shopify"
	WooCommerce Scheme = "woocommerce"
	Stripe      Scheme = "stripe"
	Standard    Scheme = "standard" // Standard Webhooks
	HMAC        Scheme = "hmac"     // HMAC-SHA256 over the body, in a header of any name
)

// Schemes are all schemes.
func Schemes() []string {
	return []string{string(Shopify), string(WooCommerce), string(Stripe), string(Standard), string(HMAC)}
}

// Tolerance is how far a signed time may be from ours where a file says nothing else.
const Tolerance = 5 * time.Minute

// Verify is how deliveries of a source are verified.
type Verify struct {
	Scheme    Scheme
	Tolerance time.Duration // where the scheme signs a time
	// Of HMAC.
	Header    string
	Hex       bool   // else base64
	Prefix    string // what stands before the signature
	Timestamp string // the header with the time (seconds), which is signed with a point before the body; empty: none
}

// Timed reports whether the scheme signs a time, so that an old delivery is told from a new one.
func (v *Verify) Timed() bool {
	return v.Scheme == Stripe || v.Scheme == Standard || v.Scheme == HMAC && v.Timestamp != ""
}

// header reads one header of a request; several of one name are none, since nobody knows which
// was meant.
func header(of map[string][]string, name string) string {
	var found []string
	for given, values := range of {
		if strings.EqualFold(given, name) {
			found = append(found, values...)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// id is what tells a delivery from others, as far as that is signed: where it is not, a digest
// of the body, so that a body sent again under another id is the same delivery.
func (v *Verify) id(of map[string][]string, body []byte) string {
	if v.Scheme == Standard {
		return standardHeaders(of).ID
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// check verifies a delivery.
func (v *Verify) check(secrets []string, of map[string][]string, body []byte, now time.Time) (err error) {
	var signed time.Time
	switch v.Scheme {
	case Shopify:
		err = signature.Shopify(secrets, body, header(of, "X-Shopify-Hmac-Sha256"))
	case WooCommerce:
		const name = "X-WC-Webhook-Signature"
		err = signature.HMAC{Header: name}.Verify(secrets, header(of, name), body)
	case Stripe:
		signed, err = signature.Stripe(secrets, body, header(of, "Stripe-Signature"))
	case Standard:
		signed, err = standard(secrets, of, body)
	default:
		signed, err = v.hmac(secrets, of, body)
	}
	if err == nil && v.Timed() {
		err = signature.Fresh(signed, now, v.Tolerance)
	}
	switch {
	case errors.Is(err, signature.ErrStale):
		return fmt.Errorf("%w: %w", ErrStale, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

// standardHeaders are the signed headers of Standard Webhooks, or those of Svix, from which the
// specification comes.
func standardHeaders(of map[string][]string) signature.Standard {
	s := signature.Standard{ID: header(of, "webhook-id"), Timestamp: header(of, "webhook-timestamp"), Signatures: header(of, "webhook-signature")}
	if s.ID == "" && s.Signatures == "" {
		s = signature.Standard{ID: header(of, "svix-id"), Timestamp: header(of, "svix-timestamp"), Signatures: header(of, "svix-signature")}
	}
	return s
}

func standard(secrets []string, of map[string][]string, body []byte) (signed time.Time, err error) {
	var keys []string
	for _, secret := range secrets {
		key, wrong := signature.StandardKey(secret)
		if wrong != nil {
			err = wrong
			continue // The other one may be right.
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return signed, err
	}
	s := standardHeaders(of)
	if err = s.Verify(keys, body); err == nil {
		signed, err = s.Sent()
	}
	return signed, err
}

func (v *Verify) hmac(secrets []string, of map[string][]string, body []byte) (signed time.Time, err error) {
	parts := [][]byte{body}
	if v.Timestamp != "" {
		at := header(of, v.Timestamp)
		if signed, err = signature.Seconds(at); err != nil {
			return signed, err
		}
		parts = [][]byte{[]byte(at + "."), body}
	}
	scheme := signature.HMAC{Header: v.Header, Hex: v.Hex, Prefix: v.Prefix}
	return signed, scheme.Verify(secrets, header(of, v.Header), parts...)
}

var wooPing = regexp.MustCompile(`^webhook_id=[0-9]{1,20}$`)

// ping reports whether a shop only tries whether somebody answers, which WooCommerce does
// without signing, when a webhook is saved.
func (v *Verify) ping(of map[string][]string, body []byte) bool {
	return v.Scheme == WooCommerce && header(of, "X-WC-Webhook-Signature") == "" && header(of, "X-WC-Webhook-Topic") == "" && wooPing.Match(body)
}

// TopicOf is what a delivery is about where a file does not say, and DeliveryOf what the shop
// calls it; nil where the scheme has no such thing.
func (v *Verify) TopicOf() *Expr {
	return known(map[Scheme]string{Shopify: `header("X-Shopify-Topic")`, WooCommerce: `header("X-WC-Webhook-Topic")`, Stripe: "body.type", Standard: "body.type"}[v.Scheme])
}

// DeliveryOf is what the shop calls a delivery, as TopicOf.
func (v *Verify) DeliveryOf() *Expr {
	return known(map[Scheme]string{
		Shopify: `header("X-Shopify-Webhook-Id")`, WooCommerce: `header("X-WC-Webhook-Delivery-ID")`, Stripe: "body.id", Standard: `either(header("webhook-id"), header("svix-id"))`,
	}[v.Scheme])
}

// known compiles one of the expressions above; nil of none.
func known(text string) *Expr {
	e, err := Compile(text, "the scheme")
	if err != nil {
		return nil
	}
	return e
}

// quote is a text for people, cut: topics come from outside.
func quote(s string) string { return strconv.Quote(s[:min(len(s), 80)]) }
