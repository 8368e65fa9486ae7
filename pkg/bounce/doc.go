// Package bounce reads mail that comes back to a sender: failures and delays of delivery, receipts, complaints, automatic
// answers, and what people reply. Bytes go in, a Report comes out.
//
// Promises. Read is pure: no clock, no randomness, no I/O, no goroutine, no logger; the same bytes give the same Report.
// It never panics and never gives up on a broken mail: what is wrong with its MIME, its charset or its line ends costs
// that part and nothing else, and the one error is ErrNoMail. Its time grows with the size of the mail, of which it reads
// the first 8 MiB; depth, parts, recipients and all that is kept have bounds (message.go).
//
// A Recipient's Class says what to do, after the table of the project's notes on field semantics: Hard is a bad address,
// Soft may pass, Block is the sender's own trouble, Message is this mail's, and Other is unknown; only Hard is a reason
// to stop writing to somebody. Where two readings are possible, the one that keeps the address is taken: a wrong Soft
// costs one mail, a wrong Hard a customer. So a code of class 4 is Soft whatever is said beside it. 5.2.1, a disabled
// mailbox, is Hard; a caller that wants to see it twice has Status and Reason to tell it by.
//
// How it reads. Reports of RFC 3464 and RFC 5965 are read by their fields. For what servers say in their own words there
// is no list of servers: plain.go has the signs such mails have in common, telling.go finds addresses where lists of
// recipients have them, and phrases.go is the one table of what words mean. A mail is taken for a failure only when a
// machine sent it, because customers write about orders that "could not be delivered", too. One consequence: a filter
// that writes as postmaster, says of itself that it answers automatically, and uses no word that servers use for
// failures, is an AutoReply.
//
// An answer's Text leaves out quoted lines, the sentence above them, everything below the printed header of an earlier
// mail, and the signature. It is conservative: when nothing would be left, nothing is cut.
//
// Sources. RFC 3461, 3463, 3464, 5248, 5321, 6533, 7293, 7372 and 7505 (delivery), 5965 (complaints), 3834 and 8098
// (automatic answers), 2045 to 2047, 3676, 5322 (form). The words in the tables come from those, and from reading the 290
// labelled and 43 unlabelled mails of the Sisimai project's set (github.com/sisimai/set-of-emails, BSD-2-Clause), so the
// rates that TestCorpus prints are those of mails that were looked at; other servers' words will be known less often.
// No rule is for a single mail. JSON notifications that arrive by mail instead of a webhook are not read, nor are the
// refusals of mailing lists.
package bounce
