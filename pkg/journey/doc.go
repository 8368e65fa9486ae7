// Package journey is the engine: what a journey is, and what happens to the people in it.
//
// It is pure. Set.Event, Set.Fire, Set.Answer and Set.Refresh take the whole of what is
// known about one profile (State), an input and the time, change the state and return
// effects; they read no clock, draw no random number, start no goroutine and call nobody.
// The same inputs give the same effects with the same identifiers, forever, so that a live
// run, a replay after a crash, a test, a back-test and an explanation are the one function.
// Services around it load states, call it, and commit state and effects together.
//
// # An event
//
//  1. The profile takes the event in (fact.go), earns its points and reaches or loses its
//     tier, which follows the points both ways.
//  2. Segments that the event concerns are asked again (membership.go). Becoming a member
//     and ceasing to be one are events of their own, told after this one.
//  3. Goals are counted (goal.go).
//  4. Those inside are asked, oldest first, whether they leave (LeaveRule). Leaving is
//     immediate, in the middle of a wait and of a pause too.
//  5. Those who wait for the event go on (wait.go).
//  6. Journeys, by descending priority and then by name, are asked whether it enters
//     (enter.go). Only known profiles enter: an anonymous order teaches the recommender and
//     goes no further.
//
// A new instance walks its steps (walk.go) until it rests on a wait, on a message that may
// not go out yet or that another one is to follow if it does not arrive (fallback.go), on a
// question to the recommender, or comes to the end. Steps are laid out
// flat when a Set is made (program.go), so that a position is a step's id and survives in
// the stored state; there are no loops, so that a walk always ends. Facts that steps make,
// and changes of segments that follow from them, are heard within the same input, at most
// maxRounds times over.
//
// Where a word of the person's changes what they agree to, and a journey, a segment or the
// programme asks for it, the engine makes consent.granted or consent.withdrawn (consent.go).
// Nothing that the engine makes changes consent, so that none follows from another.
//
// # Late events
//
// An event that is older than the policy's late_after when it comes, or is told as of the past
// (Set.Late), counts for the profile, points and segments. By its own time it counts for goals,
// rules of leaving and waits: of those who were inside, or waiting, when it happened. Nobody enters
// by it, nor by anything that follows from it at once: a segment, a tier, a prediction, a fact that
// a step makes (which is marked as past itself), an event held for its grace. A message that it would
// lead to at once is recorded as too_late. What time brings about later, such as a segment that
// somebody is in from tomorrow on, is not late.
//
// # Ids of one person
//
// The ids of a person point to one, the root, and the engine acts there alone (identity.go, and
// the package identity). At an id that follows another an event is only folded into the profile.
// When it begins to follow, its engine's state moves (Yield) and is taken in at the root (Absorb):
//
//   - Instances go on, with their timers, under their own ids. Of two in one journey with one key
//     the one that entered first goes on and the other ends with the reason merged, unless the
//     journey lets them run in parallel.
//   - What was entered, sent, held and left by either counts for both: rules of re-entry, caps,
//     goals, dates and broadcasts that one of them had.
//   - Segments are asked about the whole. What the other id was a member of, and the whole is, is
//     taken over in silence; only what neither was in is entered, and told as ever. Rules and waits
//     that go by no event are asked. Points are added, and the tier follows in silence.
//   - Nothing that was sent changes, and nobody enters but by such a segment.
//
// When the ids part, the engine's state stays at the root, and the other begins anew (Resume), in
// silence.
//
// # Time
//
// A timer (Set.Fire) wakes what is due, earliest first: segments whose answer changes by
// time alone, then dates and broadcasts (start.go), then instances; at one instant by
// priority, name and age. State.NextDue says when that will next be so. A walk that needs
// suggestions rests and returns an Ask, after all other effects; Set.Answer goes on with what
// was suggested.
// Conditions that look at the clock note when their answer could change (Scope.NoteChange),
// so that nothing is polled.
//
// # Versions
//
// An instance keeps the version it entered with, and Config.Old has those that are no longer
// in force. Set.Refresh brings a profile under a new workspace (refresh.go): it drains,
// migrates or cancels, fills new segments in silence, and sets timers. Event and Fire
// refresh first, so that a profile is never seen by a version that it has not met; whoever
// runs the engine refreshes those who have no event, in the background.
//
// A paused journey keeps people where they are. What falls due meanwhile, and events that
// they wait for, are remembered and come late; a message that is later than MaxLateness is
// recorded with the reason too_late and not sent.
//
// # Choices
//
// Where the language's description is silent: segments live here and not in a package of
// their own, because membership is asked, timed, filled and listened to in the middle of
// what an event does. Rules of leaving that go by no event are asked before the first step
// too, so that who would leave at once gets nothing. Message and leaving by a step are no
// contradiction: what a step of leave follows was meant to be sent; what a rule cuts off is
// not (Recheck). Policy says when there will be room for a message that is kept back; where
// that is later than the step allows to wait, it is decided at once and nobody waits in
// vain, though room may come earlier than foreseen when another message fails. A goal is
// counted once for each instance. Memory of the past is bounded: 1,024 entries of a journey,
// 1,024 instances inside, 256 pending goals, 16 events held for their grace, 32 departures.
//
// # Identifiers
//
// They are derived: instance = hash(journey, profile, key, entering event), message =
// hash(instance, step, visit), where visit 1 is the message sent instead of visit 0, and visit 2 the
// one that it falls back to; a fact
// = hash(profile, type, cause, time). Holdouts and arms of splits are hashes of the
// profile's id with the names of journey and step (Fraction), so that they can be
// recomputed from the files alone and stay as they are when others come or go.
package journey
