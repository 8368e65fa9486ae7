// Package lifecycle runs services together: it starts them in an order, stops
// them in the other, and says which one failed or would not stop.
//
// A Group is given its services in the order of the flow, the door first and the
// last worker last. It starts them from the end, each only when the one behind it
// is ready, so that nothing is accepted before there is somebody to pass it to;
// and it stops them from the beginning, each only when the one before it has
// ended, so that what was accepted is worked off. What all of them lean on (the
// broker, the store) stands at the end of the slice.
//
// It promises:
//
//   - a service that ends by itself, with or without an error, stops the whole:
//     a process that has silently lost its mailer is worse than one that a
//     supervisor restarts;
//   - stopping is bounded: a service that does not end in time is named and left
//     behind, and the others still get their share of the time;
//   - every error is reported, joined, with the service's name before it;
//   - no signals: which of them mean "stop" is for main to say, by the context it
//     gives to Run. Libraries that listen for signals fight over them.
package lifecycle
