package signature

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
)

const twilioHeader = "X-Twilio-Signature"

// Twilio verifies X-Twilio-Signature of a form: base64 of HMAC-SHA1 over the URL and each parameter's name and value, in
// the order of the names, with the account's auth token (https://www.twilio.com/docs/usage/security). rawURL is what was
// configured at Twilio: behind a proxy the public URL, and not what the proxy asked for. Twilio signs some URLs with and
// some without their port, so both are tried. No time is signed, and names and values are joined without a separator.
func Twilio(tokens []string, rawURL string, form url.Values, got string) error {
	mac, err := fromBase64(twilioHeader, got)
	if err != nil {
		return err
	}
	pairs := joined(form)
	for _, target := range ports(rawURL) {
		if anyMAC(sha1.New, tokens, mac, []byte(target), pairs) {
			return nil
		}
	}
	return wrong(twilioHeader, "it does not fit the URL and the parameters: check the auth token, and that the URL is the public one that Twilio calls, with its query")
}

// TwilioBody verifies a request whose body is no form: the URL is signed, and carries the body's SHA-256 as bodySHA256.
func TwilioBody(tokens []string, rawURL string, body []byte, got string) error {
	target, _, _ := strings.Cut(rawURL, "#")
	_, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if err != nil || len(values["bodySHA256"]) != 1 {
		return wrong("URL", "a body that is no form is signed by the parameter bodySHA256, which is not there once: check that the query reaches this address unchanged")
	}
	sum := sha256.Sum256(body)
	if !Same(hex.EncodeToString(sum[:]), strings.ToLower(values.Get("bodySHA256"))) {
		return wrong("bodySHA256", "it is not the digest of this body: check that the body is verified as it came")
	}
	return Twilio(tokens, rawURL, nil, got)
}

// Mandrill verifies X-Mandrill-Signature, which is made as Twilio's is, with the webhook's key and the URL exactly as it
// was entered (https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/#authenticating-webhook-requests).
func Mandrill(keys []string, rawURL string, form url.Values, got string) error {
	mac, err := fromBase64("X-Mandrill-Signature", got)
	if err != nil {
		return err
	}
	if !anyMAC(sha1.New, keys, mac, []byte(rawURL), joined(form)) {
		return wrong("X-Mandrill-Signature", "it does not fit the URL and the parameters: check the webhook's key, and that the URL is as it was entered at Mandrill")
	}
	return nil
}

// joined writes a form as it is signed: a name with several values stands once before each different one.
func joined(form url.Values) []byte {
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			b = append(append(b, name...), value...)
		}
	}
	return b
}

// ports returns the URL as it is, without its port, and with the port of its scheme. It is cut as text, since parsing and
// writing it again could change what was signed.
func ports(rawURL string) []string {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return []string{rawURL}
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexAny(host, "]@") {
		return []string{rawURL, scheme + "://" + host[:colon] + tail}
	}
	port := ":443"
	if strings.EqualFold(scheme, "http") {
		port = ":80"
	}
	return []string{rawURL, scheme + "://" + host + port + tail}
}
