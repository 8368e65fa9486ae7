// Package client is what a shop's backend imports to tell Rapport what happened: over HTTP, to
// the door that rapport up opens, or over NATS.
//
//	c, err := client.New(client.Options{URL: "http://127.0.0.1:8080", WriteKey: "dev"})
//	...
//	err = c.Identify(ctx, "c-42", map[string]any{"email": "ada@example.com", "first_name": "Ada"})
//	err = c.Track(ctx, "c-42", OrderCompleted{OrderID: "1001", Total: "49.90"})
//	...
//	err = c.Close(ctx) // sends what waits
//
// A person is named by any text: the shop's own customer id, Anonymous(id) for a visitor, or
// an id that begins with "email:" or "phone:" for somebody who bought as a guest.
//
// # What it promises
//
//   - An event that cannot be taken is refused where it is made, before it is queued: the error
//     is a *Rejection that names the field and the remedy.
//   - An event that was queued is stored once, or Options.Report, Flush and Close say that it was not
//     and why. What fails for the moment (no connection, a timeout, 408, 425, 429, 5xx, a broker
//     without room) is repeated after a while, which grows, is scattered, and is never
//     less than the Retry-After of the answer. A repeat is the same event, by its id, so
//     an answer that got lost doubles nothing.
//   - A batch is settled item by item: what the door rejects is reported with field and reason,
//     and not repeated; the rest is stored.
//   - What waits is bounded by number and size. When the queue is full, a call waits for room until
//     its context ends, or is told ErrFull, as Options.WhenFull says.
//   - Calls of one Wait() client return when the event is stored. They share batches with all others.
//   - Batches go one after the other, so that a person's events arrive in the order of the calls,
//     unless Options.Concurrency says otherwise. What is repeated of a batch over NATS may come behind
//     what follows it; times, not arrival, decide what is later.
//   - The trace of a call's context travels with its event: as a header of the message over NATS, and
//     over HTTP as a header of the request, or, in a batch of several traces, as the attribute
//     traceparent of each event (the Distributed Tracing extension of CloudEvents).
//   - All methods may be called from any number of goroutines. After Close nothing runs.
//
// An id that is not given is a UUIDv7 (RFC 9562). Give ids of your own where a call itself may be
// repeated, such as the order's number in a job that starts over: With ID.
//
// # Why CloudEvents
//
// Both doors take CloudEvents 1.0 in JSON, so that an event is written once and is the same whichever
// way it goes. The batched mode over HTTP is answered for each item, and unlike the calls of
// Segment's API a CloudEvent may carry attributes of ours, such as that it is of the past.
//
// The package uses the standard library, nats.go and nuid, the API of OpenTelemetry and package event.
package client
