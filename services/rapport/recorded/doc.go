// Package recorded reads from a store what happened: the events of everybody or of one
// person, and the messages that were decided, as back-tests and explanations need them.
//
// Promises. Events come in the order of their times, read piece by piece; nothing is
// written. Events carry what they said about the person, so that whoever replays them knows
// of traits and consents what was known then; of long orders some lines have their ids alone (Lines).
package recorded
