// Package httpserver is a service that listens for HTTP: it serves a handler until it is told to stop, and then
// lets the open requests end.
//
// It promises:
//
//   - no request is without bounds: reading its header, reading all of it, writing its answer and idling between two
//     have times, its header has a size, and what is slower or larger is turned away before the handler sees it or
//     holds a connection for good;
//   - a stop is graceful and bounded: no new connections, then the open requests have Options.DrainWithin, and those
//     that have not ended by then are cut off, which is an error. A sender that is cut off has no answer, and repeats;
//   - what works behind the handler (Options.Work) begins before the first request, learns when the last one has
//     ended, and has what is left of DrainWithin. Run returns when it has, so that nothing goes on after it;
//   - an address that cannot be used is named, with what to do about it;
//   - a handler that panics is told of at error, with its stack, and its sender is hung up on; what net/http says of
//     connections is logged at debug, for anybody on the network can make it say something.
//
// It is no more than net/http's server: services that listen in their constructors, that let pages hang up at once, or
// that do not mind whom they cut off, use that one.
package httpserver
