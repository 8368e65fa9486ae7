// Package policy is the one place that decides whether a message goes out.
//
// Decide asks its questions in a fixed order, as a slice of checks that fits on one
// screen, and the first that objects names the reason: a member of a closed set that is
// counted, traced and kept on the message. Nothing is held back anywhere else, so that
// "why did she not get it" has one answer. The package is pure; what a check needs
// (later: what was sent before, the hour) comes in the Request.
package policy
