// Package script reads and runs the tests that marketers write: tests/*.test.yaml beside
// the journeys of a workspace. A test puts one person on a stage (package rehearsal), lets
// events happen to them in virtual time, and says what is expected to follow.
//
// Promises. Read reports every mistake of every file in one run, at its place and with a
// remedy, as workspace.Load does. Run gives the same result for the same files, in any
// order and beside any other test. A test is strict about messages: one that goes out and
// is not expected fails it; other effects are looked at where they are expected. Shares of
// chance are taken out: nobody is held out, and an arm is the one that the test names.
//
// A result tells what was expected beside what happened (timeline.go), and of the first
// difference why: the condition that said no, with the values that it saw (hint.go).
// Cover (cover.go) says which steps, branches, arms and leave rules no test came to.
package script
