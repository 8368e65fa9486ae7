// Package doctor looks at a sender from outside, as receivers do: his records in the DNS, his mail servers, his portal, his
// Twilio account. It is what rapport doctor prints.
//
//	findings := doctor.New(doctor.Options{DNS: "9.9.9.9:53"}).Examine(ctx, setup)
//
// What it promises:
//
//   - Each finding says which check of which subject, what was seen, and, unless all is well, what to do.
//   - What could not be asked is Unknown, never OK: no network, a DNS server that fails, a server that does not answer in time.
//     An answer that says no ("there is no such record") is one.
//   - Nothing is sent to anybody and nothing is changed. The mail servers are greeted, asked for TLS and a login, and left.
//     The portal gets one GET, and one POST with a token that nobody sealed.
//   - A finding holds no password, token or private key.
//   - Checks are made at the same time and reported in one order: that of Checks, then of the subjects.
//
// # Why it is so
//
// The DNS is asked with a client of its own (miekg/dns) rather than the system's resolver: TXT records are wanted as they were
// published, with what failed told apart from what is not there, and from a server that can be named, since the one nearby
// may still know what was published before.
//
// The domain that DMARC counts as the sender's own is found with the list of public suffixes that golang.org/x/net has.
package doctor
