// Package templates is the starter workspace: the shop, three journeys and their messages,
// as files that marketers edit. It is a module of its own so that the directory can be
// copied anywhere and still read; programs embed it for those who start without a workspace
// of their own.
//
// It promises that it reads without a mistake (rapport check templates), and that no message
// in it needs more of a customer than an order.
package templates
