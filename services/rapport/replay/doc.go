// Package replay sends a file of invoices through the whole of Rapport, in the events' own
// time, and reports what came of it.
//
// Nothing is special about a replay but its clock: the file's invoices are posted to the
// same HTTP door in the order of their times, applied by the same orchestrator, sent by
// the same workers to the catcher. The three go one after the other, each with the whole
// machine, so that each has its own figure; what waits meanwhile lies in the streams and in
// the outbox, as it does live when a worker is down. Sending begins with the outbox. At the end time runs on, so that timers beyond the last
// event fire too. The report counts what is in the store and in the catcher, never what
// was meant to be there: lost is what was accepted and not applied, or decided and not
// caught; duplicates is what was caught twice.
//
// A replay that was killed goes on where it was when it is started again with the same
// data directory: a note beside the data says how much of the file was accepted, and what
// is posted twice is dropped by its id.
package replay
