// Package clienttest holds package client to the real doors: it has tests only, and examples.
//
// They are here because package client is of a module below the services and may not know the doors; a
// client that is tested against a copy of a door would only be known to fit the copy. Promised is what the
// two promise together: an event that the client took is in the stream EVENTS once, whatever fails
// on the way, or the client says that it is not.
package clienttest
