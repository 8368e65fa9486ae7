// Package deadletters works off what could not be handled: it looks at the stream DEAD, sends letters on
// their way again, and drops them.
//
// Consumes: the stream DEAD, by a consumer that leaves no trace.
//
// Publishes: a letter to where its original came from: an event to EVENTS, a command to SEND, what a shop
// published to IN. The body of a webhook never was in a stream, and goes through Options.Bodies.
//
// Owns: nothing.
//
// Guarantees:
//
//   - a letter is removed only after what it holds is stored again, or because somebody dropped it;
//   - nothing is doubled: what is sent again keeps the id inside it, by which the engine knows an event and
//     a worker a command that it has had already. The message id is a new one, made of the
//     letter's number, since the stream might still remember the original's, and would take the
//     repeat for it; a retry that is repeated has the same;
//   - an event that lay under another profile's subject goes to its own;
//   - a letter whose cause is not repaired becomes a letter again, with a new number.
package deadletters
