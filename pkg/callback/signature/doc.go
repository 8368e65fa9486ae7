// Package signature verifies what others sign when they call back over HTTP: mail and SMS providers, and shops.
//
// What it promises:
//
//   - Each function answers nil only when one of the keys made the signature over exactly these bytes; an error is
//     ErrWrong, and says what to check, or ErrKey when the key itself cannot be used. Errors never hold the signature
//     that would have been right.
//   - Several keys may be handed in, so that a key is changed without losing callbacks in between: the old one and the
//     new one stand side by side until the provider has switched.
//   - Signatures and secrets are compared in constant time, lengths included (Same).
//   - Nothing here reads a clock, a network or randomness. Time is an argument of Fresh; certificates are fetched by the
//     caller, from an address that CertificateURL has accepted.
//
// A function covers what its scheme covers, and some cover little. Mailgun signs a time and a token and not the body, so
// that the body may have been written by whoever saw a callback. Twilio and Mandrill join names and values without a
// separator. Shopify, Twilio, Mandrill and MailerSend sign no time. Each file says so, and cites the vendor's page.
//
// There is a function for each scheme and no interface over them: what is signed differs too much for one shape, and the
// caller has the scheme by name.
package signature
