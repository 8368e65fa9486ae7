// Package message is what is sent and what became of it: the command that the
// orchestrator decides, the receipt that a worker answers with, the closed sets of
// outcomes and reasons, and the derived identity that makes a repeat recognisable.
//
// A message's id is a hash of the instance, the step and the visit, never a random
// number. So whoever decides again after a crash decides the same id, the broker and
// the workers' claims drop the repeat, and two replays of one file agree.
package message
