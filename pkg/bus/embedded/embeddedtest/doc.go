// Package embeddedtest is for tests that start a broker in their own process.
//
// It promises a directory for the broker's files that is gone when the test has ended. The
// directory of package testing is not enough: the server goes on writing for a moment after it
// has stopped.
package embeddedtest
