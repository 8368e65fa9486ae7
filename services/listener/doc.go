// Package listener is the address that mail and SMS providers call back: what became of messages, and what people answer.
//
// Consumes: POST /callbacks/PROVIDER for each provider of Options.Providers (brevo, mailersend, mailgun, mailjet, mandrill,
// postmark, resend, sendgrid, ses, sparkpost, twilio), verified and read by package callback. HEAD, and GET where it is
// no callback, are answered with 200: providers look whether somebody is there.
//
// Publishes: one event for each thing that was told (package feedback says which), on bus.EventSubject of the profile's
// key, with the event's UID as message id.
//
// Owns: the bucket NONCES, where it keeps Mailgun's tokens.
//
// Guarantees:
//
//   - a 2xx means that the broker has stored all events of the callback, as far as they are about messages of ours. When
//     the broker or the store is away or too much is going on, the answer is 503, and the provider repeats;
//   - a repeat changes nothing: ids are derived from what is told, so that the stream and the engine take each once;
//   - nothing is believed that the provider did not say. Forged is 403; too old, or a token of Mailgun's that was used for
//     something else, is 409 (406 for Mailgun, which stops at that); unreadable is 400; what nobody needs is 200. Answers
//     have no text, so that a stranger learns nothing;
//   - a replay is refused after a restart, too: Mailgun's tokens are on disk. What others sign covers the body, so that a
//     replay says what was said before, and the ids make nothing of it;
//   - memory is bounded: bodies have at most 32 MiB for providers that post batches and 1 MiB for others, all together
//     Options.Reading, and Options.InFlight are worked on at a time;
//   - addresses, numbers and texts are in events, and in no log, metric or span;
//   - from Amazon SNS nothing is fetched but over https, from the hosts that package callback allows, at public addresses,
//     without redirects, 64 KiB in 5 s; and subscriptions are confirmed only to topics that the configuration names.
//
// # Whom it is about
//
// A message is found by what it carried: X-Rapport-Message, metadata, the parameters of Twilio's status callback, or the
// left side of its Message-ID, all of which hold a message.Ref. A message that the store does not have is not ours (a
// decision is in the store before anybody sends it): it is counted as foreign and answered with 200. So is one without a
// name, unless Options.FindByProviderID knows it.
//
// People who write by SMS or WhatsApp are found by their number; where several profiles have it, each gets the event, and
// an opt-out is of all. What unknown numbers write is counted and dropped: otherwise anybody could make profiles without
// bound. Options.Strangers makes events of it for shops that want to read them.
//
// # What is answered
//
// Twilio gets an empty document, because its own opt-out management answers STOP, START and HELP. It does not know
// opt-outs in people's own words, and a shop that has switched it off answers by itself: Options.Replies. One callback is
// answered by one message at most; a callback that Twilio has answered (OptOutType) by none; and START only when it gives
// something back (package feedback says what and why).
//
// # Why it is so
//
// It is a service of its own, and not a route of ingest: strangers call it, it has secrets of all providers, and shops
// put it on another host. It publishes each callback by itself instead of gathering many: what comes in bulk comes in
// batches already.
//
// Of two callbacks with one token of Mailgun's, the first is believed. Who can change the first on its way can change it
// all; against that only TLS helps.
package listener
