// Package mailer sends the e-mails that the orchestrator decided.
//
// Consumes: message.Command on send.email.* of the stream SEND, as one of any number of
// workers on one durable consumer.
//
// Publishes: a receipt for each command (message.sent, message.failed, message.uncertain or
// message.suppressed) on events.<profile key>.
//
// Owns: the claims on message ids in the store, and a pool of SMTP connections.
//
// Guarantees: those of pkg/delivery. No message is handed over twice, except a
// transactional one whose first hand-over nobody saw the end of; its receipt says so.
// What counts is the moment at which the final dot of DATA may have reached the server
// (RFC 5321, section 4.2.5): an error before it is certain not to have sent the message,
// an error after it, without an answer, is not.
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
// Every mail says Auto-Submitted: auto-generated (RFC 3834, section 5), which keeps
// out-of-office answers away from the shop.
package mailer
