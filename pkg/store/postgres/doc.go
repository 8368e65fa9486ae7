// Package postgres implements the store port on PostgreSQL (13 or later; tried on 15), for
// shops that run several machines. Any number of processes may open one database.
//
// # Promises
//
// Those of package store, shown by store/storetest; and beyond them:
//
//   - A commit whose answer is lost is an error that says so, never a success; only Acquire
//     or a later Commit tells. A caller whose context ends while COMMIT is on its way gets the
//     true answer if that comes within two seconds.
//   - Errors that are no fault of the call (the server is away, full, read-only) are marked
//     with store.Unavailable, and say what an operator can do.
//   - An owner that is stopped in the middle of a transaction keeps its partition from its
//     successor for two seconds at most: the server ends sessions that idle in a transaction.
//   - The schema is migrated by one process at a time, under a lock of a transaction. A schema
//     that is newer than the program is refused.
//   - It works through a pooler in transaction mode (tried with pgbouncer 1.18): statements
//     are sent unnamed, nothing is left in a session, no LISTEN, no lock outlives a transaction.
//     Where a pooler refuses settings of a session, they are set in each transaction.
//   - Commits are durable: synchronous_commit off is set on, or refused behind a pooler.
//
// # How a batch is written
//
// In two round trips: BEGIN and a lock on the partition's row, whose epoch and position are
// compared here; then all the rest in one pipeline with COMMIT. Rows travel as one array a
// column, in binary, and each table is written by one statement, in the order of keys.
// Partitions share no rows, so their commits run side by side on connections of their own;
// claims, which many workers write, are locked in the order of keys and combined: what comes
// while one transaction runs is the next one.
//
// Every key begins with the partition (column bucket), so that tables can be spread by it:
// DISTRIBUTED.md has the steps.
//
// # Why it is so
//
//   - profile: the state is compact binary already, and what must be found without decoding
//     it are columns. No index has a column that events change, and pages are filled to 80 %,
//     so that nine of ten updates and more touch no index (TestHOT).
//   - wake: a timer that moves later, the usual way, writes nothing; one row a profile says
//     when to look, and a floor keeps polls from what fired before. An idle poll among a
//     million pending wakes took 0.2 to 0.5 ms while the processors had other work
//     (BenchmarkIdlePoll); TestIdlePoll holds it to a handful of pages.
//   - timeline: months, because old ones can be dropped at once (Retain). No key of a table
//     that is partitioned by time can hold an id unique whatever the time, so ids are in a
//     table of their own, which is also the way to a profile's rows; months then need no index
//     by profile. It costs 11 CPU s a million events of two rows, of 72 s in all. Ids hashed to
//     128 bits, with an index by profile in each month, cost the same (73 s), and could collide.
//     Retain forgets ids with their rows: that is the horizon of duplicates.
//   - message: how many are open is counted with the batches, which spares an index that every
//     outcome would change.
//   - times are 64 bits of nanoseconds: timestamptz would round them to microseconds.
//
// BenchmarkCommit compares with the same rows written by pgx alone, prepared and without
// checks, on two processors that had other work: 70 to 79 % of it in batches of 50, 75 to 86 %
// in batches of 500, at 88 and 59 CPU s a million events (17 and 13 of them in this
// process). An event here is a profile of 700 bytes, two timeline rows, a message and its
// command. Claiming a message and recording its result, one by one from 32 workers, took
// 130 us of CPU for both (BenchmarkClaimRecord); timers fired at 11,000/s from a million pending,
// their profiles committed (BenchmarkFire).
//
// Sessions plan without hash and merge joins: statements look rows up by whole keys, and
// before a table's statistics know a partition, PostgreSQL reads all of it instead. A load of
// 50 profiles took 84 ms that way, and 4 ms by their keys.
//
// # What it needs
//
// A database with encoding UTF8, a role that owns the tables (or another one for migrations:
// Options.MigrateURL; without the right to make tables, months go to timeline_other), and
// nobody who keeps transactions open: one anywhere in the cluster keeps dead versions of rows
// from being tidied up, so that updates no longer stay within their pages. Ask analytics of
// a standby. checkpoint_timeout of 15 to 30 minutes, a large max_wal_size and
// wal_compression = lz4 save most of the log's volume.
package postgres
