// Package recorded reads from a store what happened: the events of everybody or of one
// person, and the messages that were decided, as back-tests and explanations need them.
//
// Promises. Events come in the order of their times, read piece by piece; nothing is
// written. A store keeps events without what they said about the person (traits and
// consents, which are personal and change), so that this package puts on top what is known
// of it today: traits from the first event on; a consent that stands from the first event
// on; one that was withdrawn up to its withdrawal. Words says so for reports. Where an event
// does carry what it said, nothing is put on top for its person.
package recorded
