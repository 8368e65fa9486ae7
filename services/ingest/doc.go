// Package ingest is the door for a shop: an HTTP API that Segment's
// libraries can speak to without a change but the address
// (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/), and
// that takes CloudEvents, webhooks of shop systems and products beside.
//
// Consumes: POST /v1/track, /v1/identify, /v1/page, /v1/screen, /v1/group, /v1/alias
// and /v1/batch (and the short paths that libraries use), /v1/unalias, /v1/cloudevents and
// /v1/products with a write key, /v1/webhooks/{source} with a signature; bodies may be gzip.
// GET /openapi.json and /docs say all of it; they are made of the same table as the mux.
//
// Publishes: one event (package event) per accepted call, a CloudEvent in JSON, on
// bus.EventSubject of the profile's key, with the event's UID as message id and the
// trace of the request in the headers. Events about products (product.updated,
// product.delisted) go to the Catalogue instead, from every door.
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
//   - in a batch, each item has its result: stored, or rejected with field and
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
//   - a key with which more events are sent in a second, over a while, than its rate or
//     Limits.PerSource is told 429 with Retry-After, so that one cannot use up what is
//     there for all;
//   - a webhook that is genuine and cannot be mapped becomes a dead letter and is answered
//     202: shops give up on addresses that refuse. All of a delivery's events are taken or none;
//   - memory is bounded: by body, by event, by all bodies being read, and by what
//     waits for the broker. A compressed body counts as what it unfolds to.
//
// # Keys
//
// A server's key may send everything. A browser's key (name:key:browser;origin=https://shop.example)
// is public, so that it may say what anybody may say: track, page, screen, identify, and the alias of
// the call's own visitor. With it nobody can change the email or phone of a customer (userId), prove or
// confirm consent, write $profile, take ids apart, speak for providers (email.*, consent.* ...), refund,
// erase, or send products and CloudEvents: 403. Only for browsers' keys there is CORS, and only they may
// send text/plain, as beacons do; a server's key that comes with an Origin is refused, since every
// reader of that page has it.
//
// # One person's ids
//
// A call with userId and anonymousId says that both are one person: $profile.also has
// "anonymous:<anonymousId>". alias becomes profile.aliased {previous_id}. Segment's calls do not say
// whether a previousId is a customer's or a visitor's: it is taken for the visitor's when it equals the
// call's anonymousId or there is nothing else, and as it stands otherwise, so that senders who mean a
// visitor write "anonymous:" before it. POST /v1/unalias, or track of "profile.unaliased" with
// previous_id, takes an alias back. Ids that begin with "$" and types identity.* and message.* are the
// engine's own and refused. The source of a CloudEvent is put behind its key's name, so that nobody
// speaks for others.
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
// call arrived. A time that is then more than five minutes ahead is that of the arrival, and
// counted (ingest.clock.ahead); so is the time of a consent. context.historical: true marks what is
// told long after it happened (event.Past): nobody is written to because of it.
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
