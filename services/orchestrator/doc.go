// Package orchestrator applies events to profiles: it loads what is known, runs the pure
// engine (pkg/journey) and commits what follows.
//
// Consumes: the EVENTS stream, partition by partition; answers of the recommender.
// Publishes: send.<channel>.* (decided messages) and events.* (facts that journeys make: tags,
// points, tasks, emitted events), through the outbox and the Relay; dead.orchestrator.> (events that cannot be read), under derived ids before the
// position passes them.
// Owns: profiles, instances, timers, timeline, decided messages, the outbox, the counts of who
// rests where and of what experiments measure, and the position of each partition.
//
// Guarantees: each event is applied once, in the order of its partition. A batch's states,
// timeline, timers, messages, outbox and position are committed in one transaction; the
// outbox is published afterwards, under derived ids, as often as it takes. A partition is
// worked on by the holder of its lease; the lease's token is compared in every commit, so
// that a paused former holder changes nothing.
//
// Workspaces. Each batch asks for the set of journeys in force. When another one comes into
// force (Options.Changed), every profile is brought under it: at its next event, or, for those
// who have none, in the background, a hundred in a transaction between batches of events.
//
// Time. With WallClock, events and timers are dealt with when they are there. With
// EventClock time is what the events say: before an event at time t is applied, every
// timer of its partition that is due before t fires, in order of time, and clock.advanced
// runs time on to and including its own time. Profiles do not touch each other and the
// recommender answers as of a time, so partitions need no common clock for their decisions
// to be reproducible. What workers report back (message.sent and the like) arrives when it
// does, and so do facts that journeys make (emit, points, tags), behind whatever is in the
// stream already; a journey that reacts to them is not reproducible under EventClock, those
// shipped do not react to what workers report.
package orchestrator
