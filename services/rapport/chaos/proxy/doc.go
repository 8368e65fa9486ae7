// Package proxy stands between two processes that speak TCP, and breaks their link on
// request.
//
// A Proxy listens on a port of its own and passes every connection on to one address. Its
// Link says how it does so: Cut resets what is open and refuses what is new, as a firewall
// or a dead router does; Hold keeps bytes back and lets them go on when it is over, which is
// what a lost path looks like to TCP, since it repeats what was not acknowledged; Delay adds
// time to each direction. Bytes are never changed, dropped from the middle or reordered:
// TCP would not do that either.
//
// It promises that Close leaves no goroutine and no connection behind.
package proxy
