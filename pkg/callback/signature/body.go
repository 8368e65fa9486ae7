package signature

import "crypto/sha256"

// Shopify verifies X-Shopify-Hmac-Sha256: base64 of HMAC-SHA256 over the body, with the app's client secret
// (https://shopify.dev/docs/apps/build/webhooks/subscribe/https). WooCommerce signs in the same way, in
// X-WC-Webhook-Signature. No time is signed.
func Shopify(secrets []string, body []byte, got string) error {
	mac, err := fromBase64("X-Shopify-Hmac-Sha256", got)
	if err != nil {
		return err
	}
	if !anyMAC(sha256.New, secrets, mac, body) {
		return wrong("X-Shopify-Hmac-Sha256", "it does not fit the body: check the secret, and that the body is verified as it came, before anything decodes it")
	}
	return nil
}

// MailerSend verifies the header Signature: hex of HMAC-SHA256 over the body, with the webhook's signing secret
// (https://developers.mailersend.com/api/v1/webhooks.html#security). No time is signed.
func MailerSend(secrets []string, body []byte, got string) error {
	mac, err := fromHex("Signature", got)
	if err != nil {
		return err
	}
	if !anyMAC(sha256.New, secrets, mac, body) {
		return wrong("Signature", "it does not fit the body: check the webhook's signing secret")
	}
	return nil
}

// Mailgun verifies what Mailgun puts into the body: hex of HMAC-SHA256 over the time and a token, with the account's
// webhook signing key (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks). The rest of
// the body is not signed: who has seen one callback can write another. Keeping tokens for as long as times are accepted
// closes that, which is up to the caller.
func Mailgun(secrets []string, timestamp, token, got string) error {
	mac, err := fromHex("signature.signature", got)
	if err != nil {
		return err
	}
	if timestamp == "" || token == "" {
		return wrong("signature", "timestamp or token is missing: check that this is a callback of Mailgun")
	}
	if !anyMAC(sha256.New, secrets, mac, []byte(timestamp), []byte(token)) {
		return wrong("signature.signature", "it does not fit timestamp and token: check the HTTP webhook signing key, which is not the API key")
	}
	return nil
}
