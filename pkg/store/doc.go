// Package store is the port between the engine and a database, and the promises that
// every database behind it has to keep. store/storetest proves them: one suite, run over
// each implementation (store/sqlite here).
//
// The port is cut at the batch, not at the row: one Commit carries everything that a
// batch of events changed in one partition (states, timeline, timers, decided messages,
// outcomes, outbox) together with the partition's position in the stream, in one
// transaction. That position is what makes redelivery harmless, and the epoch compared in
// the same transaction is what keeps a second worker out. Implementations share these
// types, the form of what no database has a type for (store/form) and how a schema is
// brought up to date (store/schema), and no SQL; rows of SQL are where two engines differ most.
//
// Promises:
//
//   - Commit is all or nothing and durable when it returns.
//   - A Commit whose Epoch is not the partition's current one changes nothing and fails
//     with ErrFenced; one whose From is not the stored position fails with ErrPosition.
//   - A Commit that adds a timeline row or message under an id that is taken changes
//     nothing and fails with ErrExists: better to stop than to apply an event twice.
//   - Load reports which of the asked event ids the timeline has already, however long ago.
//   - Due never forgets a profile: a profile whose Wake was committed is returned once time
//     has reached it, until a later Commit moves or clears its Wake.
//   - Outbox rows are returned in order until OutboxDone, however often.
//   - What is counted with batches (who rests where, what experiments measure) is counted
//     in their transactions: exactly once, or not at all.
//   - A workspace version that somebody rests in, or that is in force, is never pruned.
//   - An erasure leaves nothing of a profile that names it but a salted hash of its id, and no
//     count differs by it. What the database's files still hold of removed rows is overwritten
//     as it goes about its work (VACUUM does it at once).
//   - The suppression list and the index of numbers hold no address: hashes are made with a
//     salt of the installation, which moves with the store. Who has the database can try
//     addresses out; who has the list alone cannot.
//   - What is known of ids (Identities) changes with batches alone, and costs those nothing that
//     say nothing of it.
//   - Claim gives each message id to one attempt; what a former attempt left behind is told.
//
// Values: states, data and receipts come back byte for byte; strings are UTF-8 without NUL.
// Times are kept to the nanosecond and come back in UTC; the zero time is kept as such
// where it means "none", and refused where a row needs one (At of a timeline row,
// DecidedAt). Other times have to lie in the years 1678 to 2261, which is what 64 bits of
// nanoseconds hold; a batch with another is refused, so whoever lets events in has to refuse
// those first. A limit that is an argument is literal: zero or less means none.
package store
