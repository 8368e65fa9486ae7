// Package bench measures what Rapport does in a second, and what a second of the same
// machine could do at best: `rapport bench`.
//
// Each row of the report is a figure of the real parts (the HTTP door, the orchestrator, the
// workers, the store, the broker, each configured as `rapport up` configures it) beside a
// ceiling that was measured in the same run, in turns with it, on the same disk and the same
// processors. Ceilings are what a program could reach that does less: raw JetStream publishing
// of the bytes that the door stored, the committed batches written again by nobody's engine,
// go-mail with a fixed body. So a ratio says something about Rapport; a rate alone says
// something about the machine.
//
// Promises:
//
//   - no figure that was not measured in this run; a row that could not run says why;
//   - what is counted is checked: events that the door accepted against the stream, rows of
//     the ceiling against those of the engine, mails against their recorded outcomes;
//   - load is open-loop where latency is measured: an event's time runs from when it was due
//     to be sent, so that a stall is not left out of the percentiles that it spoils;
//   - the mail server that takes the mails is a process of its own, whose processor time is
//     not ours; the clients that make the load are in the measured process, and theirs is;
//   - figures are medians of repetitions.
//
// Millions of profiles are seeded through the store's own port, once, into a directory that
// later runs use again (seed.go says what a seeded profile is). Up to two million a run works
// on a copy; larger seeds are worked on in place, together with the streams that their
// positions speak of, and age by what each run adds.
package bench
