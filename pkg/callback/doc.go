// Package callback reads what mail and SMS providers post back about messages: it verifies who says it, and maps it to
// one form, Event.
//
//	provider, ok := callback.ByName("sendgrid")
//	reader, err := provider.Open(callback.Config{Secrets: []string{key}})
//	batch, err := reader.Read(callback.Request{Method: …, URL: …, Header: r.Header, Body: body}, now)
//
// What it promises:
//
//   - Nothing is read before it is verified, except what the verification itself stands in (Mailgun, Amazon SNS). Where
//     the provider signs nothing, a shared secret is required: there is no way to open a reader without one.
//   - Errors are told apart with errors.Is: ErrForged, ErrReplayed, ErrUnreadable, ErrUnsupported, ErrUnavailable. Each
//     names the part and what to check, and none holds a secret, an address or a body.
//   - Event.ID is the same whenever the provider tells of the same thing, in another request, at another time, in another
//     order. So at-least-once callbacks become exactly-once by remembering ids. Two things that a provider does
//     not tell apart (two opens in one second by one client) have one id.
//   - An element of a batch that cannot be read holds none of the others up: it is in Batch.Unread. When nothing of a
//     request can be read, that is an error.
//   - What a provider tells and this package does not know is an event of the kind Other, with the provider's word in
//     Event.Type, and not an error: the provider would repeat it for days.
//   - Nested deeper than 64 levels, longer than 32 MiB or of more than 50,000 events, a request is unreadable.
//   - There is no clock, randomness, I/O, goroutine or logger here: time comes in with the call, and so do certificates,
//     over Certificates.
//
// What is not signed cannot be promised. Mailgun signs a time and a token and not the body; Batch.Nonce holds the token,
// and who refuses one that was seen with another body closes that. Twilio, Mandrill and MailerSend sign no time, and
// providers with a shared secret sign nothing: there, only ids make repeats harmless.
//
// # Why it is so
//
// A provider is one file: how it is verified and how its words are mapped, with the vendor's page. The table in
// providers.go lists them. Decoders are structs of lenient texts rather than the vendors' libraries: the same field comes
// as number and as text, and one odd member must not lose an event.
//
// Kinds say what happened, classes what to do about an address: hard ones are not written to again, soft ones later, for
// blocks the sender has to do something, and for messages the content. A provider's own verdict goes before the status
// code of the receiving server (RFC 3463), which goes before nothing at all.
//
// The verifiers alone are in package signature, also for the webhooks of shops.
package callback
