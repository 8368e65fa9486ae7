// Package orchestrator applies events to profiles: it loads what is known, runs the pure
// engine (pkg/journey) and commits what follows.
//
// Consumes: the EVENTS stream, partition by partition; answers of the recommender.
// Publishes: send.<channel>.* (decided messages), send.<channel>.now.* (those of them that are
// transactional, where workers take them there) and events.* (facts that journeys make: tags,
// points, tasks, emitted events; what one id of a person passes on to another), through the outbox and the Relay; dead.orchestrator.> (events that cannot be read or applied),
// under derived ids before the position passes them.
// Owns: profiles, instances, timers, timeline, decided messages, the outbox, the counts of who
// rests where and of what experiments measure, and the position of each partition.
//
// Guarantees: each event is applied once, in the order of its partition. A batch's states,
// timeline, timers, messages, outbox and position are committed in one transaction; the
// outbox is published afterwards, under derived ids, as often as it takes. A partition is
// worked on by the holder of its lease; the lease's token is compared in every commit, so
// that a paused former holder changes nothing.
//
// Several of them. Orchestrators on one store know each other (bus.Members) and share the
// partitions by a rule that all can compute (shares): evenly within one, and moving only what must
// move. What is no longer its share, one hands over after the commit in hand, which takes
// milliseconds; so does a stop. Of a dead one everything is taken over when its leases
// have run out, 3 to 4 s after its death. Members who see different lists for a while wait for each
// other's leases; what nobody takes for twice the time to live, somebody adopts. Readiness follows the
// partitions that are worked on (Steady): one that has lacked some of its share for longer than two
// lives of a lease says so, and no rebalance does.
//
// # What cannot be done
//
// A failure that is nobody's fault (the store is away or full, the broker does not answer;
// store.IsUnavailable, time-outs, the network) is waited out, for ever, with the order
// kept. After a failure whose reason may lie in the batch, an unknown error, a permanent
// one or a panic of the engine, the batch is applied in halves, first fewer events, then
// only the timers due before the first of them, then fewer timers, until what fails is
// alone. Then
//
//   - an event goes to the dead letters, with the reason, and the position passes it, as
//     it passes one that cannot be read. If the error does not say whose fault it is, the
//     event has to fail three times alone, and the store has to take an empty batch at the
//     same time: a store that refuses everything never looks like poison;
//   - a profile whose timer cannot be fired is left alone for a minute, then two, up to an
//     hour. Its wake stays in the store, its events are applied;
//   - a profile that cannot be brought under a new workspace is passed over.
//
// At most Options.MaxPoison events in a row are given up by a process; each 20 applied make
// up for one. Beyond it the fault is ours, a bad deployment for example, and the partition
// stands still, says so in the log and by the metric orchestrator_stalled, and goes on by
// itself once the attempt succeeds. A start allows as many again. The same holds for a
// thousand profiles of a partition whose timers cannot be fired.
//
// A commit whose answer got lost may have happened: the position is asked for again before
// anything is repeated.
//
// A message larger than its stream takes (1 MiB) is never committed, because in the outbox it would
// hold up everybody's; what led to it is treated as poison.
//
// # Addresses that nobody writes to
//
// An event that says so puts an address on the store's suppression list (store.Suppressing), in the
// transaction that applies it: email.bounced of kind hard, email.complained, sms.failed of kind
// opted_out, sms.received with the intent stop (and the same of WhatsApp); start takes opted_out off
// again, and nothing else. The address is the one that the event names, else the person's. What it
// means to the person's own profile is the engine's business (package profile).
//
// # People who ask to be forgotten
//
// profile.erased, with the person as its subject, removes what the store has of them in the
// transaction that passes the event (store.Erasure), and lists their e-mail address and number as
// erased. Commands that are in SEND by then are kept back by the workers' last look, which
// finds no profile; housekeeping drops them once they are answered. A wish in the outbox then has
// the relay remove their events and receipts before this one from EVENTS, as often as it takes
// (bus.Forget); without it they would lie there until the stream is three quarters full, when
// housekeeping drops the older half: on a small shop's disk, for years. profile.erased itself stays,
// with the id and nothing else, so that a store that is restored from a backup forgets again; it
// goes with the older half.
//
// What the erasure does not reach: letters in DEAD, which the oldest leave first (each has the
// event as it was); what the recommender in memory has learned of orders, until its next start; spans and
// logs, which have ids of messages; backups.
//
// The id's salted hash stays with the time of the erasure, the later one of what the event says and when
// the broker stored it (by the events' clock, what it says). Events of the profile up to that time are
// dropped, however late or often they come: a phone that was offline, a producer that repeats
// itself, whose ids nobody knows any more. Of later ones those that only follow from messages (bounces,
// opens, receipts) or that the engine makes do not bring the person back, but outcomes are counted and addresses
// are listed. Anything else is somebody new under the same id, to whom nothing goes while their addresses
// are listed (`rapport suppress remove`). What happened before an erasure in the same batch is
// committed before it, so that counts do not depend on batches.
//
// # People with several ids
//
// Which ids are one person's is decided by package identity; here it is carried out. Statements of
// all are events of the reserved subject "$identity", whose partition decides them in the order in
// which they come, over rows that the transaction of the batch changes (store.Identifying). What the
// authority and the ids tell each other goes through the outbox as events of types that no door
// takes (identity.*), so that it is as durable, as ordered and as idempotent as everything else: it
// does not matter who works on which partition when, nor how often owners change in between. An id
// of which nobody said anything costs nothing.
//
// An id that another one acts for keeps its own profile, and nothing of the engine's: no timers, no
// instances, no segments; it is no customer in the store's columns, needs no refresh, and is found by no
// number, since all numbers of a person are the acting id's. Its events are applied to its profile
// and passed on: the same event with another subject and Of, whose row there is of the kind
// store.KindPassed, so that counts have it once. What a step of one id's journey led to goes on
// where the engine acts; receipts of messages decided before set the outcome where the message lies, and are
// passed on. That an event is late is decided where it comes in, and told along (event.Event.Past).
//
// An erasure goes up to the acting id and down from there to all (identity.erased, whose time is that
// of the erasure), each of which is erased in its own partition as anybody is; the authority
// forgets them. What is under way meanwhile is refused where it arrives: statements by their own
// time, what an id brings that was joined with somebody erased by erasing that id too, and what is
// passed on by not bringing anybody back. Statements keep the ids they name in EVENTS until its
// older half is dropped, as profile.erased does.
//
// What cannot be applied of all this is poison as any event is; a statement that the authority
// refuses (too many ids, or an id with itself) is a dead letter with the reason. Between the moments at
// which two partitions hear of a pointing, a person's newest event may act on the id they had
// before. A relay that repeats itself later than the broker remembers changes nothing either, but
// for one message: an old word to the authority that an id was erased, which makes it forget what
// was said of a new person under that id until it is said again.
//
// # Numbers
//
// The store finds people by their telephone number (store.Calling). A number is written when it changed
// while the profile was in hand, so that who has none pays nothing; and when a profile is brought
// under a workspace, which is how profiles of a store that is older than the index come into it: with
// the first `rapport apply` after it, or their next number.
//
// # When there is no room
//
// Store. Events wait in their stream. Each partition holds a batch, one read ahead, and one
// asked for; nothing else grows.
//
// SEND. Messages stay in the outbox and events go on being applied, until Options.MaxOutbox
// messages of a partition wait there; then its events wait too (orchestrator_held), unless EVENTS is nine
// tenths full: behind what is applied is the only place where it gets room. The bound counts
// what this process committed; a start begins anew.
//
// EVENTS. Facts stay in the outbox, without bound, and do not hold up messages. Nor do messages hold up
// facts, as far as those lie within what the relay reads at a time (2 MiB).
//
// DEAD. The stream drops its oldest letters for new ones, since to refuse would stop the
// work behind a poison event. The originals lie in EVENTS as long as that has room. It is
// not silent: from four fifths on each further letter is warned of, and what was dropped is
// an error in the log and counted (orchestrator_dead_letters_fill_ratio and _dropped). If it takes
// nothing at all, the partitions that need it wait: what is given up leaves a trace first.
//
// # More
//
// Workspaces. Each batch asks for the set of journeys in force. When another one comes into
// force (Options.Changed), every profile is brought under it: at its next event, or, for those
// who have none, in the background, a hundred in a transaction between batches of events.
//
// Time. With WallClock, events and timers are dealt with when they are there, and a message that an
// event led to at once says when the broker stored that event (message.Command.EventAt), so that the
// whole way can be measured; one that comes after a wait, quiet hours, a recommender that was late, or
// any other timer does not. However many timers are due, an event waits for those of its own
// profile and a few others alone (backlog); that events never cease does not stop timers either. What
// is transactional is published before the marketing of the same flush, and workers take it from a
// queue of its own; its order is kept against other transactional messages of the profile only. With
// EventClock time is what the events say: before an event at time t is applied, every
// timer of its partition that is due before t fires, in order of time, and clock.advanced
// runs time on to and including its own time. Profiles do not touch each other and the
// recommender answers as of a time, so partitions need no common clock for their decisions
// to be reproducible. What workers report back (message.sent and the like) arrives when it
// does, and so do facts that journeys make (emit, points, tags), behind whatever is in the
// stream already; a journey that reacts to them is not reproducible under EventClock, those
// shipped do not react to what workers report.
package orchestrator
