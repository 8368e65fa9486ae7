// Package ledger collects what the audit of a run rests on, from where it lies: the
// messages of the streams as the broker stores them, the rows of the tables by SQL of its
// own, and the journals of the producers and of the servers outside.
//
// It uses nothing of Rapport's own reading: no store, no engine, no counts. The one
// exception is the state of a profile, whose bytes only pkg/journey can read; it is asked
// for the value of one trait. A fault in how Rapport reads its own data can therefore not
// hide one in how it writes them.
//
// Streams are followed while the run goes on (Tail), because Rapport removes from SEND what
// its workers have answered.
package ledger
