// Package services holds the agents: each directory below is one service, which says in its own doc.go what it
// consumes, publishes, owns and guarantees. Nouns (what things are and how they are decided) live in the module
// rapport/pkg; what marketers edit lives in the module rapport/templates.
//
// Services never import each other, so that any of them can run alone, be replaced or be scaled apart: they meet in
// events on the bus and in rows of the store. The one exception is services/rapport, which is all of them in one
// process, and the command line.
//
// The package itself has no code. Its tests look at the repository as a whole: TestArchitecture holds the rules that
// the layout promises, each with its reason, and the deployment tests compare the image and compose files with the
// code.
package services
