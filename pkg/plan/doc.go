// Package plan says what a change of the workspace does, before anything changes: which
// journeys, segments and rules differ, how many people rest on which step of which version,
// and what happens to each of them.
//
// Promises. Make is pure: it compares what is in force with what is next and reads nothing
// else. What it says about people is what journey.Set.Refresh does to them. A plan with
// Refusals must not be applied: it would leave people in a version that the change means to
// end, because the step they rest on is gone and nothing says where they belong.
//
// It is a package of its own, with small inputs of its own, so that a plan can be made and
// tested without a database, and shown by any tool.
package plan
