// Package postmaster is the mail server that messages come back to: failures and delays, receipts, complaints, and what
// people and machines answer.
//
// Consumes: mail over SMTP, or LMTP from a mail server in front, for the domains of return paths and reply addresses.
// STARTTLS is offered when there is a certificate. Addresses that it takes are those of messages (package verp), and
// postmaster@, abuse@ and fbl@ of the same domains. Package bounce reads the mail.
//
// Publishes: one event for each thing that a mail says (package feedback says which), on bus.EventSubject of the profile's
// key, with the event's UID as message id: email.bounced, deferred and delivered for each recipient of a report,
// email.complained, auto_replied, replied and unsubscribed.
//
// Owns: nothing. There is no queue and no mailbox.
//
// Guarantees:
//
//   - 250 means that the broker has stored all events of the mail, as far as they are about messages of ours, and that a
//     mailbox has what a person wrote, when there is one (Options.Forward). While the broker, the store or the mailbox is
//     away or too much is going on, the answer is 4xx, and the sender comes again, for days;
//   - a repeat changes nothing: ids are derived from what is said, so that the stream and the engine take each once. What
//     is passed on may come twice, after a connection that broke in the wrong moment;
//   - it never writes to anybody by itself: no report, no automatic answer. What is passed on has an empty return path.
//     A mail that passed more than 50 servers is refused (554 5.4.6);
//   - it is no relay: other domains are 550 5.7.1. Unknown and forged addresses are 550 5.1.1, without a difference;
//   - mail of which nothing comes is accepted, counted as unmatched and dropped, because a refusal would only make the
//     sender try again or report to somebody who did not write. Options.Unmatched may keep it;
//   - one message has at most Options.PerMessage mails in an hour (452 4.2.1): who has got one could otherwise fill the
//     stream with answers to it;
//   - memory is bounded: a mail has at most Options.MaxSize, all in hand Options.Receiving, and connections are limited in
//     number, per host, and in time;
//   - a mail that breaks off is not there; what comes after a pause that was too long is never read as commands;
//   - over LMTP each recipient has an answer of its own; over SMTP the worst is for all;
//   - addresses and texts are in events, and in no log, metric or span.
//
// # What is believed
//
// Nobody proves who he is by mail, so a mail is believed as far as its writer shows that he has seen the message.
//
// At a message's own address he has: its code cannot be made up. That is as good as it gets, since only the recipient and
// those whom the message passed know it, whether they write there by right or not. It is for that message alone. So the
// address in a report counts only when it is the person's (Options.Address); otherwise who has one mail could name
// anybody's address in a report and have it suppressed. A failure for good at another address, that of a mailbox to
// which mail is passed on, or one of former days, has kind "other", which suppresses nothing.
//
// At the plain addresses anybody writes. A message is found by what a report returns of it. When the returned header has
// an address of the message's own (Return-Path, Reply-To, List-Unsubscribe), that counts as above. When it has
// only the reference (X-Rapport-Ref, Message-ID, or the answer's References), complaints and answers count, and reports
// about delivery do not: a reference has 128 bits, but it is a hash and no secret, and whoever knows the ids that it
// is made of can compute it. A complaint that is believed wrongly is one person who gets no more marketing and can say
// otherwise; one that is ignored is against the rules of every provider of mailboxes. A wrong bounce takes all mail away.
//
// # Unsubscriptions
//
// An answer that says nothing but "unsubscribe", in the words of some languages, is an email.unsubscribed and withdraws
// consent for all purposes of mail; so does a new mail with such a subject, which mail programs send for a mailto: in
// List-Unsubscribe. One word of the SMS opt-outs will do, but for those that people use about orders ("cancel"). It is not
// passed on, unless nobody was found whom it is about. Who says it in a sentence is an email.replied and read by a person:
// to guess at wishes in mail, which is long and quotes, would lose customers.
//
// # Why it is so
//
// SPF and DKIM are not looked at: reports have an empty sender, forwarders break both, and the address is the proof.
// Lines may have 128 KiB, against the rules, because the programs that write pages in one line also send bounces.
// Everything is done before the answer, so that nothing is kept here: the sender's queue is the queue.
package postmaster
