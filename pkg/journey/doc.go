// Package journey is the engine: what a journey is, and what happens to the people in it.
//
// It is pure. Set.Event, Set.Fire and Set.Answer take the whole of what is known about
// one profile (State), an input and the time, change the state and return effects; they
// read no clock, draw no random number, start no goroutine and call nobody. The same
// inputs give the same effects with the same identifiers, forever, so that a live run, a
// replay after a crash, a test and an explanation are the one function. Services around
// it load states, call it, and commit state and effects together.
//
// Rules, in the order in which an event is dealt with:
//
//  1. The profile takes the event in.
//  2. Running instances, oldest first, are asked whether they leave (LeaveRule). Leaving is
//     immediate, in the middle of a wait too.
//  3. Journeys, by name, are asked whether the event enters (Entry). Only known profiles
//     enter: an anonymous order teaches the recommender and goes no further.
//  4. A new instance walks its steps until it rests on a wait, asks for suggestions, or
//     comes to the end.
//
// A timer (Set.Fire) wakes one instance, which walks on. A walk that needs suggestions
// rests and returns an Ask; Set.Answer goes on with what was suggested. Steps are laid out
// flat when a Set is made (program.go), so that a position is a step's id and survives in
// the stored state; there are no loops, so a walk always ends.
//
// Identifiers are derived: instance = hash(journey, profile, key, entering event),
// message = hash(instance, step, visit).
package journey
