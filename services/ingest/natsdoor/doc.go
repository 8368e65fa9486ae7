// Package natsdoor is the door for producers that publish over NATS instead of HTTP.
//
// A shop's system publishes CloudEvents 1.0 (structured or binary mode, package cloudevent) to the
// subject `in.<name>`, or anything below it, where <name> is what its key to the broker allows, and is
// done when JetStream acknowledges. With the program nats:
//
//	nats pub in.shop --jetstream '{"specversion":"1.0","id":"A-1","source":"shop","type":"cart.viewed",
//	  "subject":"ada","data":{"cart_id":"c-7"}}'
//
// A name that is no token of letters, digits, '-' and '_' is written as bus.Token does it (bus.InSubject).
//
// Consumes: the stream IN, by the durable consumer "door", one process at a time.
//
// Publishes: one event per message on bus.EventSubject of the profile's key, with the event's UID as
// message id and the producer's trace; products go to Options.Catalogue instead. What cannot be read or is
// refused becomes a dead letter `dead.ingest.in.<name>` with the reason and the bytes as they came.
//
// Owns: nothing. What is not in EVENTS yet is in IN.
//
// Guarantees:
//
//   - whose an event is, the broker says: <name> becomes its source, or the beginning of it
//     (cloudevent.SentBy), so that no key can publish what another one's system would;
//   - nothing is lost: a message is acknowledged after its event, or its dead letter, is stored;
//   - nothing is doubled: a message that comes again after a kill makes the same event, down to the time
//     of arrival, which is when IN stored it; EVENTS knows its id for Layout.Duplicates, and the engine
//     for as long as the timeline is kept. It is the event's id that counts: a Nats-Msg-Id on IN is
//     remembered for a tenth of a second only, because producers that number their messages
//     would take each other's place;
//   - order: what one person's messages say is stored in the order in which they were published, also when
//     one process takes over from another, which then begins at the first message that was not
//     acknowledged;
//   - a time more than five minutes after the arrival is a wrong clock: the arrival counts instead;
//   - when EVENTS is full or the broker without a leader, the door waits with what it has in hand, and
//     IN fills; full, it refuses producers, who keep their events and try again.
//
// # Why a stream of its own
//
// Producers could publish to `events.*` themselves, and trusted ones may. But then it is they who must
// compute the subject from the profile and set the id, nobody checks whose event it is, and what cannot be
// read is found only by the engine, between the events of a person. IN is a work queue, so that it
// needs room only for what waits.
//
// # Why one at a time
//
// Two processes that share a consumer store what they fetched in any order, and what a killed one had
// comes after what followed it. So the consumer has a pinned client (ADR-42 of NATS). A pin alone was measured
// to reorder, so a message that is not the next one in the stream is not taken: the consumer begins again at
// the first that is not acknowledged. Reading is cheap, and publishing in batches is what the
// others would wait for as well. Another process takes over Options.AckWait after the last sign of life.
//
// # Why it may purge
//
// A broker with one replica that syncs what it writes syncs each acknowledgement of a work queue by itself, which is
// most of what the door costs there. With Options.Purge a batch that is stored is taken off IN by one
// request instead, up to its last message. That is the same: a message is taken only when
// nothing is left between it and the one before, so that all up to it were taken and are stored. What comes
// behind them stays. It differs in who must not make IN anew while a door is open: sequences would begin anew too.
package natsdoor
