// Package embeddedtest is for tests that start a broker in their own process.
package embeddedtest
