// Package workspacetest is a small workspace for tests that look at what workspaces do, and not
// at how they are read.
//
// It has the shop, one mail and one text message, so that a test shows nothing but the
// journeys and rules that it is about. It promises to stay as it is: the golden files of those
// tests hold what came of it.
package workspacetest
