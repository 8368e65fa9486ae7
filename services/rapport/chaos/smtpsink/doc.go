// Package smtpsink is a mail server that misbehaves by plan and remembers what it took.
//
// It speaks enough SMTP (RFC 5321) for a client that sends mail, written out by hand,
// because a library would not let a server close the connection between two lines, or take
// a message and say nothing. What it does with each attempt is asked of a Plan, which sees
// the message's id and the number of the attempt; a seeded plan makes a run repeatable.
//
// Promises: a message is recorded durably (package journal) before it is accepted, whether
// or not the acceptance is then said; and a message that is recorded as accepted was read
// to its final dot. Each worker talks to a door of its own, so that the record says who
// handed the message over.
package smtpsink
