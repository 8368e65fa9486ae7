// Package load is a shop's backend under bad conditions: it tells the event API what
// customers do, again and again until it is told that it was heard.
//
// What happens is a Tape: the same seed gives the same events with the same ids in the same
// order. Who tells it are producers. Each has customers of its own, so that one customer's
// events are told in one order; it repeats a batch under the same ids, at either door, until
// a door says 200, and only then goes on. Now and then it tells an old batch again, from the
// last to the first event: duplicates, which must change nothing.
//
// The journal is the producers' own record of what they offered and what was accepted. What
// was offered and never accepted may have been stored all the same: nobody promised either.
package load
