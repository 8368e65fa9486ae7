// Package mailer sends the e-mails that the orchestrator decided.
//
// Consumes: message.Command on send.email.* of the stream SEND, as one of any number of
// workers on one durable consumer.
//
// Publishes: a receipt for each command (message.sent, message.failed, message.uncertain or
// message.suppressed) on events.<profile key>.
//
// Beside the receipt of a mail that a server refused it publishes email.bounced there, with the
// kind of refusal and its code.
//
// Owns: the claims on message ids in the store, a pool of SMTP connections for each provider,
// and in the broker's bucket WARMUP how far warm-ups have come.
//
// Guarantees: those of pkg/delivery. No message is handed over twice, except a
// transactional one whose first hand-over nobody saw the end of; its receipt says so.
// What counts is the moment at which the final dot of DATA may have reached the server
// (RFC 5321, section 4.2.5): an error before it is certain not to have sent the message,
// an error after it, without an answer, is not.
//
// # Several providers
//
// delivery.yaml may name several servers (pkg/routing decides, pkg/delivery carries it out). The
// next one takes a mail when the first cannot be reached, shows a wrong certificate, refuses
// the password, closes (421), or is refused by the recipient's side (5.7.x), and never after
// the final dot. The file is read once: connections, secrets and counts in warm-ups belong to
// a life of the process, and a route that changes between two attempts at a mail could send it
// twice by servers that would each have recognised a repeat.
//
// Answers of class 4 and 5 are read by pkg/bounce, as reports are that come by mail later. A bad
// address (5.1.x, 5.2.1) fails and is told as a hard bounce. A full mailbox (4.2.2, 5.2.2) is
// tried three more times within 24 hours, a greylist or a plea for less (4.2.1, 4.7.x) after 5
// to 15 minutes and then seldomer; both wait in pkg/delivery without a claim or a lane. A refusal
// of the sender (5.7.x) is the sender's trouble, and of the message (5.3.4, 5.6.x) the
// message's: neither is held against the person. Before RCPT it is the server that speaks of
// itself, so nothing said there is about an address.
//
// A warm-up is counted in the broker, a hundredth of a day's messages at a time, so that all
// processes together and all their lives keep to it. What a killed process had taken and not
// sent stays unsent on that day, and counts as sent.
//
// # Why it is so
//
// go-mail makes the MIME message, dials, negotiates TLS and authenticates. Its own Send
// is not used, because it does not tell a broken connection before the final dot from one
// after it, probes the connection with NOOP before and RSET after every message (two of
// seven round trips), and would hold one connection for one caller. Connections are
// kept and used for many messages instead: the handshake costs more than the message.
//
// The texts of a mail are quoted here, a run of bytes at a time, and put where go-mail writes
// them; a test holds the result against go-mail's own, to the byte. MAIL, RCPT and DATA go
// together to servers that offer it (RFC 2920), and the message in one write with its dots
// doubled: go-mail's and the standard library's writers go byte by byte. BDAT (RFC 3030)
// would save one more round trip, but the message would leave before the recipient's answer,
// and every connection that breaks would leave it in doubt.
//
// The MIME boundary, the Message-ID and (in replays) the date are derived from the
// message, so that a message that is made again is the same to the byte, and a recipient's
// server may recognise the repeat by its Message-ID.
//
// Options.Identity says how a mail names its sender: return path and Reply-To of its own
// (pkg/verp), signatures (pkg/dkim), and what lets callbacks of a provider name the message.
// X-Rapport-Ref has what Message-ID has on its left side, because some providers rewrite that.
// Marketing has List-Id, List-Unsubscribe and List-Unsubscribe-Post (RFC 8058); every mail has
// a Feedback-ID of journey, purpose and sender. BULK_SENDERS.md holds all this against what
// Gmail and Yahoo ask. A provider's own headers stand before the signatures, which do not
// cover them.
//
// Every mail says Auto-Submitted: auto-generated (RFC 3834, section 5), which keeps
// out-of-office answers away from the shop.
package mailer
