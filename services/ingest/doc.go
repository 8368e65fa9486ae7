// Package ingest is the door for a shop's backend: an HTTP API that Segment's
// libraries can speak to without a change but the address
// (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).
//
// Consumes: POST /v1/track, /v1/identify, /v1/page, /v1/screen, /v1/group, /v1/alias
// and /v1/batch, with a write key; bodies may be gzip.
//
// Publishes: one event (package event) per accepted call, a CloudEvent in JSON, on
// bus.EventSubject of the profile's key, with the event's UID as message id and the
// trace of the request in the headers.
//
// Owns: nothing. It keeps no state between two requests.
//
// Guarantees:
//
//   - a 2xx means that the broker has stored every accepted event. When the broker is
//     slow, gone or full, or as much waits for it as may, the answer is 503 with
//     Retry-After (RFC 9110, 10.2.3), and repeating the
//     request is safe: an event's id is its messageId, and a stream takes an id once.
//     A call without messageId gets a UUIDv7, which the answer tells; only such a call
//     is doubled when it is repeated. (An id derived from the body would be worse: two
//     equal purchases are two purchases.)
//   - in a batch, good items are accepted and bad ones named with index, field and
//     remedy; one bad item does not hold up 99 good ones;
//   - properties pass through as the bytes they came in: prices and totals are never
//     parsed into floating point;
//   - a full stream refuses and never makes room by itself. Of a request that was
//     refused some events may be stored, when it went in parts (more than one atomic batch, or so
//     few that they went one by one) or the answer got lost; the repeat stores the rest. Calls
//     without a messageId may then be doubled. When there is room again the next request is
//     taken;
//   - a broker that does not answer is waited for at most Options.AnswerWithin, whoever
//     asks and however many do; a sender that does not send, at most Options.ReadWithin
//     (5 s for the headers); one that does not read, a little longer;
//   - a source that sends more than Limits.PerSource events in a second over a while is
//     told 429 with Retry-After, so that one cannot use up what is there for all;
//   - memory is bounded: by body, by event, by all bodies being read, and by what
//     waits for the broker. A compressed body counts as what it unfolds to.
//
// # How a call becomes an event
//
// The name of a track call gives the type by event.TypeFromName ("Order Completed":
// order.completed); identify is profile.identified, page page.viewed, screen
// screen.viewed, group group.joined, alias profile.aliased. Message.* and
// clock.advanced are Rapport's own: given as types they are refused, and the names of
// Segment's chat events ("Message Sent") become shop_message.*, so that a chat does not
// count as a receipt. userId is the subject, else event.AnonymousPrefix and the
// anonymousId. Orders of version 1 of Segment's specification (orderId, products[].id)
// get today's names.
//
// The time is the timestamp; with sentAt, the sender's clock is put right as
// Segment does it, receivedAt - (sentAt - timestamp); without a timestamp it is when the
// call arrived.
//
// Traits (of identify, and context.traits of any call) and consent go to the reserved
// property event.ProfileProperty. Traits keep their names, except the well-known ones:
// firstName first_name, lastName last_name, phone in E.164 where it can be read as a
// number, address.country country, context.timezone timezone, context.locale locale.
// Consent is `context.consent`, either a list of {channel, purpose, granted, source,
// at, proof, confirmed}, or Segment's {"categoryPreferences": {name: granted}}, with the
// category as the purpose: a yes is taken for mail and text messages, a no for every
// channel. In the list the channel "*" is all of them, and the purpose "*" with a no all
// purposes. The rest of the context (ip, userAgent,
// page, library) is dropped: no part of Rapport reads it, and most of it is personal.
//
// # Why requests are coalesced
//
// The broker syncs once per atomic batch, so a batch of seventeen costs about as much as one
// of hundreds. What arrives during a publish waits for the next. When that is more than
// sixteen messages, it waits two milliseconds longer for company; as many as sixteen are
// published one by one, which company would not make cheaper.
package ingest
