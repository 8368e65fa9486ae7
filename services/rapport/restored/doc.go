// Package restored brings a store that was set back up to what the broker knows, before
// anything works on it: after a restore from a backup, or a fail-over to a copy that had not
// got the last commits.
//
// It promises that nothing is sent again. A store that was set back has forgotten which
// messages were handed over since; the orchestrator applies the events since then once more
// and decides the same messages with the same ids, and workers would find them unclaimed.
// The stream EVENTS has the receipts of those messages, because workers publish them there;
// Recover reads what lies after each partition's position and records each receipt as the
// result of its message. What a worker had in hand when everything stopped, and that has no
// receipt, gets an open claim of nobody who lives: it is *uncertain*, and treated as such.
//
// The broker has to be the one that the store worked with, and to hold the events since the
// backup; when it does not, Recover says so and changes nothing. It may be repeated, and
// takes a lease, so that several processes that start together take turns.
//
// Why it is a step of its own and no look at each claim: it is needed once in the life of a
// shop, and a look into the stream for each message would cost every one.
package restored
