// Package caller makes the webhook calls that the orchestrator decided: it tells the shop's
// own systems what happens in its journeys.
//
// Consumes: message.Command on send.webhook.* of the stream SEND, as one of any number of
// workers on one durable consumer.
//
// Publishes: a receipt for each command (message.sent, message.failed, message.uncertain or
// message.suppressed) on events.<profile key>.
//
// Owns: the claims on message ids in the store, and the HTTP connections to the hosts that
// the workspace names.
//
// Guarantees: those of pkg/delivery, and at least once instead of at most once: the header
// Idempotency-Key holds the message's id, the same in every attempt, by which the receiver
// knows a repeat. A call without an answer is therefore made again; when it never gets one,
// it is uncertain. Any 2xx is success. 408, 425, 429 and 5xx are tried again with growing
// pauses, not before Retry-After; every other status, a redirect too, is a refusal. Each
// host has a circuit breaker of its own and a broken one does not hold up the others, until
// as many calls wait for it as the subscriber may have in flight. The caller gives a host an
// hour (Options.Delivery.Patience and Outage).
//
// # What the receiver sees
//
//	POST /hooks/rapport HTTP/1.1
//	Content-Type: application/json
//	Idempotency-Key: 6f0c...                          the message's id
//	Traceparent: 00-...                               W3C Trace Context, of this attempt
//	Rapport-Signature: t=1772442000,v1=5257a8...      when there are signing keys
//
// and the headers and the body of webhook/NAME.yaml. The signature is that of Stripe's
// webhooks (https://docs.stripe.com/webhooks#verify-manually): v1 is the HMAC-SHA256, in
// hexadecimal, of t, a full stop and the body as it came, under the shop's key. A receiver
// compares it in constant time and refuses a t that is minutes away, so that nobody can
// repeat an old call. While a key is being replaced there is one v1 for each.
//
// # Environment
//
//	RAPPORT_SECRET_NAME    the value of ${NAME} in the headers and the address of a webhook
//
// Nothing else of the environment can be reached from a webhook's file (Options.Secret puts
// another source in its place). The signing keys are Options.Signing.
//
// # Safety
//
// Whoever writes a webhook chooses an address that this process connects to. Addresses of no
// public network (loopback, private, link-local, and the others of IANA's special-purpose
// registries) are refused unless the file says allow_private and whoever runs the process
// agrees (Options.AllowPrivate): not everybody who may write a file may reach what this
// machine can. That is decided by the IP address at the moment of connecting, not by the
// name, so that a name that leads somewhere else the second time it is looked up gains
// nothing. No proxy of the environment is used, because the check would see the proxy's
// address. Redirects are not followed, answers are read to 64 KiB at most, and neither
// addresses nor secrets get into logs or receipts.
//
// # Caught instead of made
//
// With Options.Catcher every call goes to one door, whole and as it would have been made, as
// the body of a POST of the type message/http (RFC 9112, section 10.1) in the form for
// proxies, which has the whole address. Its headers X-Rapport-Message and X-Rapport-Journey
// say what it is about. Secrets are never looked up for that: ${NAME} stands in their place,
// so that they cannot be read where calls are caught, and need not be set. The claims, the
// retries and the receipts are those of real calls.
//
// # Why it is so
//
// The transport is used without net/http's client: there are no redirects or cookies to
// follow, and its errors repeat the URL, which may hold a secret. Where a call goes is known
// only after rendering, so a command is rendered once to find its host and once to be sent;
// what waits, waits unrendered.
package caller
