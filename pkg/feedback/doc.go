// Package feedback turns what the world answers about our messages into our events.
//
//	notice, ok := feedback.FromCallback(told)                    // what a provider told, by package callback
//	notices := feedback.FromReport(report, feedback.Arrival{…})  // mail that came back, by package bounce
//	e, err := notice.Event("rapport/listener", origin)
//
// A Notice is what was said; an Origin, which the caller reads from the store under Notice.Ref, is whom it is about. Both
// together are an event.
//
// # What becomes of what
//
//	callback (mail)            event               kind           also
//	delivered                  email.delivered
//	deferred                   email.deferred      the class
//	bounced, rejected, failed  email.bounced       the class      rejected for an unsubscription or a complaint that the
//	                                                              provider keeps: kind other, consent withdrawn
//	complained                 email.complained
//	opened                     email.opened, or email.prefetched when the provider says that a machine did it
//	clicked                    email.clicked, or email.scanned so
//	unsubscribed               email.unsubscribed                 consent withdrawn
//	received                   email.replied
//	queued, sent, subscribed,  none
//	other
//
//	callback (SMS, WhatsApp)   event               kind           also
//	delivered                  sms.delivered, whatsapp.delivered
//	opened                     whatsapp.read; none for SMS
//	bounced, rejected, failed  sms.failed, whatsapp.failed: hard, soft, block, message, other, or
//	                                               opted_out      consent withdrawn
//	received                   sms.received, whatsapp.received:
//	  STOP and other words     of opt-out          stop           consent withdrawn, proof: what was written
//	  perhaps an opt-out                           ask            consent withdrawn, too
//	  START                                        start          consent given back, see below
//	  HELP                                         help
//
//	report (mail)              event               kind
//	failed recipient           email.bounced       the class
//	delayed recipient          email.deferred      the class
//	delivered recipient        email.delivered
//	complaint                  email.complained; opt-out: email.unsubscribed, consent withdrawn
//	answer of a machine        email.auto_replied
//	any other mail             email.replied, or email.unsubscribed for who finds a wish in it (Unsubscription)
//	relayed, expanded, no      none
//	spam, DMARC
//
// Kinds: hard is the address or number, which does not exist or takes nothing; soft passes; block is between the sender
// and the receiving side; message is what was sent; other is not known. Failures of SMS have the kind that the table of
// codes in package sms gives: hard is what it calls a reason to send the number nothing more. Consent is withdrawn for
// all purposes ("*") on the channel of the answer; its source is "reply" for SMS and WhatsApp, also when the provider heard
// the STOP and tells of it by refusing the next message, and else the provider.
//
// # Promises
//
//   - The same thing told twice has the same id: what package callback derives; by mail, the message, the recipient, what
//     happened and the code, so that a report that is read again, and one that a second server adds, change nothing. That
//     also makes one of several delays of a message. What people write is told apart by its own Message-ID.
//   - Reason and Detail hold neither addresses nor telephone numbers. Address and Text do: what they are for.
//   - Texts are UTF-8 and bounded: what is longer is cut.
//   - The package is pure: no clock, randomness, I/O, goroutine or logger.
//
// # Why it is so
//
// An opt-out that may be none withdraws consent all the same: to go on is against the law, to be silent for a while is
// not (47 CFR 64.1200(a)(10)). It is an answer away from being undone.
//
// START gives back what an opt-out by reply took, and nothing beyond that: the caller says which purposes those were
// (Origin.Restore), and Restorable finds them in a profile's ledger. It lifts the provider's block, but it is one word,
// without the disclosures that a marketing consent needs (47 CFR 64.1200(f)(9)), and YES may be the answer to anything. So
// it is no consent of somebody who never gave one, and it undoes no refusal that was made elsewhere. What it gives back
// counts as confirmed, because the word came from the number itself.
//
// A provider that keeps messages back for an earlier unsubscription or complaint would keep back all that follow. The
// profile learns of it, instead of counting mail that is never sent. It is no bounce: the kind is other.
//
// That a provider lets an address be written to again ("subscribed") is no consent: clerks and scripts lift such blocks.
package feedback
