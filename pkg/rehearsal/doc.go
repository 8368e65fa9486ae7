// Package rehearsal runs a workspace in memory, in virtual time: what `rapport test`,
// `rapport backtest` and `rapport explain` are made of.
//
// A Stage holds the states of many profiles. Events come in order; before each of them the
// timers that lie before it fire, earliest first and of equals by profile, which is the
// order in which services/orchestrator works by the events' clock. What a live run would
// send out and get back comes back here too: a message's receipt, an event that a journey
// emits. So a rehearsal decides what a live run over the same events decides, with the same
// identifiers.
//
// Promises. A Stage reads no clock, draws no random number and starts no goroutine: the same
// calls give the same happenings. Its memory is the states of its profiles, plus sixteen
// bytes for each event that it has to know again (Options.Distinct), plus what a Suggester
// learns. Whatever happens is told to a Sink and kept nowhere.
//
// Package script, below, reads and runs the tests that marketers write.
package rehearsal
