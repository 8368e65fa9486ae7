// Package plan decides what breaks, when, and for how long, and how the servers outside
// misbehave: all of it from one seed.
//
// The same seed, length and cast give the same plan, to the byte; so a run that found
// something can be made again with the faults at the same times. What the processes make of
// them is theirs: a plan repeats the weather and not the shipwreck.
//
// A plan is dealt like cards. A deck holds one card for each thing that can happen to each
// member of the cast; the first cards have one of each kind and then every kill, so that a
// short plan has them all, and a long one goes through the deck again in another order.
package plan
