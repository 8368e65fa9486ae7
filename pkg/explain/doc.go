// Package explain says why somebody did, or did not, get a message: it runs one person's
// recorded events through the engine again, in the versions of the workspace that were in
// force at the time, and writes down every condition with the values it saw, every entry
// that was refused, every step, every wait with its end, and every message with what each
// rule of policy had to say.
//
// Promises. It is the engine itself that is asked (journey.Observer), so that an explanation
// cannot differ from what the engine does with these events. Ids are derived, so that what
// the replay decides is compared with what was recorded, message by message; what was
// recorded and does not come out of the replay is listed and not explained away. Run is
// pure: the same input gives the same report.
//
// Of a person with several ids the events of all are replayed as those of the one that acts for
// the others, as if it had always been so; when they were joined, or taken apart, is noted.
//
// What a store does not keep, the replay cannot know: Input.Notes carries such things into
// the report, and a recommend step, whose answers are not recorded, is answered by what the
// messages show was found.
package explain
