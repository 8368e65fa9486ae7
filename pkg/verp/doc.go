// Package verp makes the addresses that bounces and replies come back to, one for each message, and reads them again
// (variable envelope return paths).
//
//	keys, err := verp.NewKeys(secret)
//	path, err := keys.Address(verp.Bounce, command.Ref(), "bounces.shop.example")
//	// b-0123456789abcdef0123456789abcdef.7-3k5x2m7q4wzhtn6y@bounces.shop.example
//	ref, kind, err := keys.Parse(path)
//
// What it promises:
//
//   - The local part has at most 57 octets of letters, digits, '.' and '-': RFC 5321, section 4.5.3.1.1, allows 64, and
//     these characters need no quoting and mean nothing to any server.
//   - What Parse accepts was made by Address with one of the keys: who sends mail to an address that he made up, or
//     changes the message or the kind of one that he has seen, gets ErrForged. Guessing one takes 2^79 mails on average.
//   - Servers may change the case of letters, and do; nothing else of an address may change.
//   - The first key makes addresses and all keys read them, so that a key is replaced by putting a new one before it
//     and taking the old one away after some weeks: bounces come within days, replies much later.
//   - There is no clock, randomness or I/O here.
//
// # Why it is so
//
// A report about a message may hold nothing of the message. The address that the report goes to is then the only thing
// that says which one it was, and every server keeps it. The code against forgeries makes sure that nobody can have other
// people's addresses suppressed by sending reports of his own making.
//
// The domain is not part of what is authenticated: the operator decides by MX records which domains reach us, and a
// change of domain must not lose what is on its way. Addresses do not expire: a late bounce is still true.
package verp
