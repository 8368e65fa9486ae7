// Package bus connects the services through NATS JetStream: it lays out the
// streams, publishes, consumes, leases partitions and reads them in order, and
// carries traces in message headers.
//
// # What it promises
//
//   - A publish that returned without error is stored; one that returned an
//     error may be repeated with the same id and is stored once. Ids hold for
//     Layout.Duplicates and survive restarts, because their streams keep limits
//     retention: work-queue streams forget the ids of acknowledged
//     messages when the server restarts. Only IN is one, which others publish to. PublishBatch stores up to 1000
//     messages together, with one sync to disk; a small batch singly, which is cheaper, in order per key. While a stream has no leader or the connection is
//     lost, publishes insist, with the same ids, for 25 s or until their context ends.
//   - A Subscriber delivers at least once, in order per key within one process,
//     also when handlers refuse messages. What cannot be handled ends in the stream DEAD
//     with the reason, and only then is it terminated. Bury does the same for what was in no stream. A message is
//     acknowledged after its handler returned, and kept alive until then, however
//     long it waits.
//   - On SEND what somebody waits for has subjects of its own (Urgent), and Expedited lanes for
//     them, so that it does not wait behind whatever else there is. Processes and streams of an
//     earlier version do without.
//   - A Reader delivers a stream's messages in order and exactly once after a given
//     position, and refuses a position beyond the stream's end. A Lease says
//     who reads a partition; its token fences off whoever is late. Position
//     and token belong into the reader's own transaction, which makes every
//     event applied once. Members says who else is there, to share the work with.
//   - Provision changes only what differs, so that a process whose key may not change
//     streams can call it too; it never lowers the number of replicas. Security connects
//     with TLS and a key, whose answers nobody else can read. What each service
//     needs to be allowed stands in deploy/nats/accounts.conf, and a test runs them with no more.
//   - EVENTS and SEND have a few thousand subjects, however many profiles there are (Placing), so that
//     the broker's memory does not grow with them. Forget finds a profile's messages all the same.
//   - A full stream refuses new messages, which the producer notices and keeps.
//     Somebody therefore has to call Trim from time to time; it removes what is handled and old.
//   - Closing a Subscriber or a Reader never loses a message, never removes a durable
//     consumer, and never touches the connection, which is the caller's.
//
// # Two ways to consume
//
// Stateless workers (mailer, texter) share a durable consumer: Subscriber
// behind NewRouter. Services with state (orchestrator, recommender) keep their
// position beside their state: Leases and ReadPartition, or Read for a whole
// stream. Pinned consumers look like a third way, but the server's pin is no
// exclusivity: on fail-over they were measured to reorder.
//
// # Why not watermill-nats
//
// Watermill's router and interfaces are used, its NATS adapter (v2.1.3) is not.
// Its JetStream publisher sends to the stream's name instead of the topic and
// sets no message id. A header with two values makes its subscriber panic, so one poison
// message ends the service; closing it under load panics as well. Its grouped
// consumers are not durable and its older durables are deleted on Close, so
// both replay everything after a restart. Close drains the connection that it was
// lent. A refused message comes back after those already fetched, which breaks the
// order of a key; messages waiting in its buffer time out, because the wait is
// not known to the server. And it was measured at 39 % of the speed of plain
// nats.go publishing and 19 % consuming. The program benchbus measures this package the same way.
//
// # Traps that shaped the code
//
// A consumer's BackOff replaces its AckWait by the first entry and is ignored by
// a plain negative acknowledgement, so consumers here have none and waits are
// explicit. Prefetched messages age while they wait, so everything held is kept
// alive. Watermill's Deduplicator marks a message before its handler ran
// and so drops the retry; ids are checked by the streams instead. PublishAsync never
// ends without a timeout when the server dies, so JetStream sets one and
// Publisher waits with its own. Each has a test that fails for whoever falls
// for it.
package bus
