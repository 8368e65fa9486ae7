// Package dkim signs mails for their sender's domain (RFC 6376), with RSA and with Ed25519 (RFC 8463), and makes the keys
// and the DNS records that go with it.
//
//	ring, err := dkim.NewRing(dkim.Key{Domain: "shop.example", Selector: "2026a-rsa", Private: key}, …)
//	fields, err := ring.Signer("shop.example", now).Sign(mail, now)
//	signed := append(fields, mail...)
//
// What it promises:
//
//   - A mail gets one signature for each algorithm that the domain has a key of: Ed25519 is small and quick and still
//     unknown to some receivers, which use the other one. Of several keys of one algorithm, the one that came into force
//     last signs, so that a key is replaced by publishing its successor, adding it with a date, and taking the old one
//     away some weeks later.
//   - relaxed/relaxed, over the whole body: no l=, which would let anybody add to it.
//   - What the reader sees or acts on is signed, and so is its being there no more often than it is: Oversigned. Other
//     fields of the list Covered are signed where a mail has them.
//   - The same mail with the same time is signed the same, to the byte: both algorithms are deterministic as used here.
//   - Keys of less than 2048 bits are refused: Gmail ignores less than 1024, and RFC 8301 asks for 2048.
//
// There is no x=: mail waits in queues for days and is verified again when it is forwarded, and receivers judge the age of a
// signature by t= already.
//
// # Why it is so
//
// The libraries that were looked at hash the body anew for each signature, and one of them signs only what it composes
// itself. Signing alone is little: two canonical forms and a list of fields. Verifying is where the forgiving and the
// hostile cases are, and nothing here verifies: the tests leave that to two libraries that others wrote.
package dkim
