// Package transfer moves a store from SQLite to PostgreSQL: `rapport migrate-store`.
//
// It promises:
//
//   - The source is only read, and locked meanwhile, so that no process changes it.
//   - What was copied and how far the copy has come are one transaction, so that a transfer
//     that was interrupted, however, goes on where it was. A source that was used in
//     between is noticed, and refused.
//   - The target takes only an empty store, or the rest of the same transfer.
//   - Run returns without an error only after both sides were read again from beginning to
//     end and have the same number of rows and the same checksum in every table.
//
// Rows are copied as they are, not through the port: the port has no way to read claims or
// an outbox as a whole, and a transfer must not be the one reader for which it would. So
// this package knows the tables of both, and its test fails when a table of the source is
// not named here.
//
// The checksum of a table is the sum of the hashes of its rows (SHA-256, the first eight
// bytes, modulo 2^64), which needs no order.
package transfer
