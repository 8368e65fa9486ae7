// Package link makes and reads the addresses that messages carry for one person: clicks, opens, one-click unsubscribing,
// the preference centre and the confirmation of a double opt-in.
//
//	keys, err := link.NewKeys(secret, formerSecret)
//	maker := &link.Maker{Keys: keys, Base: "https://news.shop.example", Clicks: true, UTM: link.UTM{Source: "rapport"}}
//	page = maker.Rewrite(page, command)
//	ticket, err := keys.Open(token, now)
//
// What it promises:
//
//   - An address needs no row in a database: its token is the Ticket itself, sealed. Nobody without the secrets can read
//     one, make one or change a bit of one; ErrForged is all that is said about those. What is told apart takes no longer
//     or shorter for what is secret.
//   - Sealing is deterministic. A message that is rendered again is the same to the byte, and a ticket has one token.
//   - A token that was sealed once can be opened as long as its secret is among the keys, by every later version.
//   - A click leads only to what was sealed, and only http and https addresses with a host are sealed. There is no open
//     redirect, not even for whoever can write a page but has no secret.
//   - Rewrite changes href of <a> and <area> and takes its own data- attributes away; every other byte of a page stays.
//   - There is no clock, randomness, I/O, goroutine or logger here.
//
// # Tokens
//
// A token is base64url without padding of
//
//	version (1) | key id (1) | nonce (12) | AES-256-GCM of the ticket, with tag (16); version and key id are authenticated
//
// The nonce is the beginning of HMAC-SHA256 over version, key id and ticket, under a key of its own; both keys and the
// id come from the secret by HKDF (RFC 5869). Two tickets share a nonce by chance only: after a million million tokens of
// one secret the odds are about 1 in 160,000. What such a pair would give away with plain GCM is the key that authenticates, so
// Open derives the nonce again from what it read and compares: a forger would have to meet 96 bits of the HMAC besides.
// The key id is one byte of the derivation. It says which secret to try, so that rotation costs nothing: put the new
// secret first, keep the former ones as long as links of theirs should work.
//
// In it, a ticket is a list of fields, each behind its number and form, empty ones left out: ids in hexadecimal take
// half their length, the words of closed sets one byte. Readers skip fields that they do not know. See wire.go.
//
// # How long links work
//
// Unsubscribe and preference links live 400 days, past a year and a season: laws ask that they work for 30 days after
// sending (CAN-SPAM, 15 U.S.C. 7704(a)(3)) or 60 (CASL, section 11(2)), but people unsubscribe by the last mail
// they find, and a link that no longer works becomes a complaint. Clicks live as long, because a page that people come
// back to should open. Confirmations live 30 days: what somebody wanted half a year ago is no consent.
//
// # What is not rewritten
//
// Addresses other than absolute http and https ones (mailto:, tel:, sms:, fragments, relative ones), those with a
// password, backslash or control character, hosts with letters beyond ASCII (write them in Punycode), our own links, and
// links with data-rapport-track="off". Addresses that carry a signature of their own are not given UTM parameters, which
// would break it; they are wrapped as they are. They are known by the names in address.go.
//
// Plain text and SMS are not wrapped: there a reader sees the address itself, and three hundred letters of token look
// like fraud, break at line ends, and cost two more segments of an SMS. Bare addresses of plain text get UTM parameters,
// those of SMS only if UTM.SMS says so. A short link for SMS needs a table to look it up in, which this package has not.
package link
