// Package templates is the starter workspace: the shop, its rules, segments and loyalty
// programme, the journeys of a customer's life with it, their messages, and tests for all of
// them, as files that marketers edit. It is a module of its own so that the directory can be
// copied anywhere and still read; programs embed it for those who start without a workspace
// of their own. LANGUAGE.md says all that can stand in the files; tests run its examples.
//
// It promises that it reads without a mistake or a warning (rapport check templates), that
// its tests pass and come to every step (rapport test --cover templates), and that no message
// in it needs more of a customer than the event that leads to it. Of the journeys that are
// active, only thank-you, related-products and win-back listen to orders as they are placed,
// so that a replay of past orders sends what these three send.
package templates
