// Package sqlite implements the store port on SQLite (modernc.org/sqlite: pure Go, so no C
// compiler), in one file of a directory that one process owns. It is what the all-in-one
// runs on.
//
// # Promises
//
// Those of package store, shown by store/storetest; and beyond them:
//
//   - A write whose caller's context ended before its transaction began has not happened;
//     after that the caller waits for the true result.
//   - When the disk is full, or answers with errors, every caller whose request was not
//     written gets an error that says what to do: often all that shared the transaction.
//     Nothing of their requests is left behind, and the store goes on once there is room.
//   - A second process is refused, with the first one's number. The lock ends with the
//     process, however it ends.
//   - What belongs to another program, to a newer version, or is damaged, is refused with
//     an error that names the file and the remedy, and left as it is.
//
// # How it is fast
//
// Everything that writes goes through one goroutine with one connection. While it runs one
// transaction, requests wait; the next transaction takes all of them (to a bound), and each
// gets its own answer after the one sync that all of them share. When one is fenced or fails,
// all are undone and run once more, each in a savepoint of its own, so that it costs the
// others no more than time: savepoints for all, always, took some 4 % of a commit. Callers encode their rows
// before they queue, since the writer is what everybody waits for. A transaction of several
// partitions is the engine's private matter: the port promises one a partition.
// What no event led to (timers, people brought under another workspace) lets what somebody waits for pass, and a group
// has only a little of it: see behind and backRows in writer.go.
//
// Statements are prepared once and run row by row: in process there is no round trip to
// save, and rows joined into longer statements measured no faster. Reads use a small pool
// of other connections; write-ahead logging lets them run beside the writer. They are kept
// short, because the log cannot be folded back past a reader.
//
// BenchmarkCommit compares with the same rows written by plain database/sql, and
// BenchmarkClaimRecord counts single claims. Choices that were measured: timeline and
// message as tables with rowids write a quarter to a third faster than clustered by their
// keys, because ids are random and long rows then land everywhere; a profile
// whose workspace version is what it was leaves the index by that alone, and
// what a batch counts is a few rows, so that neither shows beside the noise; the index of
// events by time costs about 2 %; going to the driver without database/sql saves a tenth or
// more; pages of 8 KB and a cache of 64 MB gained nothing.
//
// What slows a store of many people down are pages: each event touches those of somebody else, which are read, logged
// and folded back one by one. So a row writes few of them (`rapport bench --rows growth`, a million people, 3,600
// events/s before): states and events' data are packed (package packing), which is worth a quarter to a third; wakes
// lie in a table of their own, where a timer that moves writes at its new time alone (due.go), a tenth; and a
// transaction does not outgrow the cache of pages (groupRows), another tenth.
//
// # What it needs
//
// A local disk: SQLite's locks and syncs cannot be trusted on network disks. Backups have
// to be made by SQLite (VACUUM INTO, .backup) or of a closed store.
package sqlite
