// Package routing decides by which mail provider a message goes, and how many messages a new
// sender may send today.
//
// Route takes the rules of a workspace's delivery.yaml (Config), what they ask about a message
// (Facts), and how its providers stand at the moment, and lists the providers that may take it,
// those that can take it now first, each of the others with the reason and the time that it
// has to wait. The first rule that matches counts; what it names are all providers that its
// messages may ever take, in the order of fail-over, or, where they have weights, in an order
// that a hash of the message's id draws.
//
// A warm-up is a Ramp, of which Progress is how far it has come: a day's stage bounds the
// messages of that day, and the next stage begins on a later day only when the former was
// filled. Whoever sends keeps the Progress and counts in it.
//
// # Promises
//
// The package is pure: no clock, no randomness, no I/O. The same message takes the same way
// whenever and wherever it is asked about, as long as providers stand alike, so that a
// message that is tried again after a restart meets the same provider, which may recognise it.
//
// # Why it is so
//
// Mailbox providers judge a sender for all of their domains together: gmail.com and
// googlemail.com are one. So domains are put into groups (GroupOf), by lists that their
// owners publish. Domains of companies whose mail one of them hosts are known by their MX
// only, which takes a look at DNS; they are groups of their own here.
package routing
