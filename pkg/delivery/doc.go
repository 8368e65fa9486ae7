// Package delivery is one message's way from a decided command to a receipt: the
// pipeline that services/mailer, services/texter and services/caller share.
//
//	admit → claim → render → last look → send → record → publish
//
// How far a message has come decides what a fault means: nothing is given to another provider,
// or tried again, that may have been handed over, unless the policy says so.
//
// What it promises for a command, however often the command arrives:
//
//   - The provider sees nothing before a claim on the message's id is durable. A repeat
//     of a message that has a receipt publishes that receipt again and sends nothing.
//   - Every command ends in one receipt: sent, failed, uncertain or suppressed. Deliver returns an
//     error only when there is no receipt yet or when it could not be published; the
//     command has to come again then.
//   - A message is *uncertain* when it may have been handed over and nobody recorded the
//     answer: a worker died in between, or the connection broke after the message was
//     written and before the provider answered. Transactional e-mail is sent again, once
//     for each life of a process, and its receipt says Resent; marketing and SMS are not
//     sent again (Options.OnUncertain decides). Both are counted.
//   - A worker whose claim another one finds open may live: cut off from the broker alone, it goes on. So the other
//     waits Options.Grace for its result, and looks once more before it sends again. Where both send all the same,
//     because the first was slow, whichever result is recorded first says Resent.
//   - A claim of this process is no riddle to it: it remembers which of its open claims
//     were certainly not handed over, and which have a receipt that only could not be
//     recorded yet. A claim that it gives up unsent (it is stopping) is passed to Nobody,
//     so that the next worker knows that nothing was handed over either.
//   - Right before each attempt there is a last look at how the person stands now
//     (Options.Recheck, Standing): who has withdrawn consent, left the journey, bounced or
//     was erased since the decision gets nothing, and the receipt says suppressed and why.
//     Where another id has come to act for the one of the message, both are looked at.
//     When nobody can look, the message waits. What may have been handed over by an earlier
//     attempt ends as uncertain instead, since perhaps it was not kept back.
//   - Throttles of the policy are kept, per process: no window of a rule's length ever holds
//     more messages than it allows, retries among them. Messages wait for them unclaimed, in
//     the order of arrival behind transactional ones, and off the bus's lanes, so that a
//     throttled domain holds nobody else up until the subscriber's MaxInFlight messages wait.
//     Beyond its lateness a message ends as suppressed with the reason throttled.
//   - A provider that cannot be reached is left alone by a circuit breaker; messages wait
//     for it unclaimed, up to Options.Outage. A message that the provider puts off (SMTP
//     4xx) is tried again with growing pauses, up to Options.Patience. After that it has
//     failed as unavailable. A channel that leads to many places (Branching) has a breaker
//     for each, and its messages wait off the lanes too.
//   - A channel may have several providers (Routed). A message takes the first that can have it
//     now: a broken one is passed over at once, as long as it certainly does not have the
//     message. Where a recipient's mailbox provider refuses everything from one provider
//     (Blocked), only messages for it keep away, and one of them tries again after
//     Options.Block; where it wants less mail (Slowed), they go one at a time.
//   - What is put off for hours (Later: a full mailbox, a greylist) waits as nobody's claim and
//     off the lanes, at most Options.PutOff of them, and fails after its last attempt. So a
//     killed process leaves nothing in doubt that was waiting.
//   - What a mail server said of an address that it refused is told beside the receipt, as
//     email.bounced, so that nobody writes there again.
//   - Transactional messages that an event led to at once pass others that wait for the
//     provider's slots, all but a fifth of these, and a message keeps its lane until its result
//     is durable, not until it is told.
//   - Replays (EventTime) have neither a last look nor throttles: what they replay is over.
//   - Addresses and bodies reach neither logs nor spans nor receipts: whatever a provider
//     says is scrubbed here, so that no channel can forget it.
//
// # Why it is so
//
// The shape is Alertmanager's notification pipeline: a list of stages that is read on one
// screen. Claims live in the store and not in the broker because a broker's duplicate
// window ends and a mailbox's memory does not. All waiting happens inside Deliver instead
// of by negative acknowledgement: the bus counts attempts and dead-letters what it tried
// too often, and an hour without a mail server is no reason to give a good command up.
//
// The last look stands in the slot of the hand-over, after all waiting, so that nothing but
// the provider's own time lies between the two. It costs a read of the profile: 70 µs for
// one message alone, 40 µs for each of 32 in hand, which are looked at together
// (BenchmarkStanding), beside two durable writes that cost several times as much.
//
// A successor waits because half an hour of planned faults (make chaos) found what shorter runs had not: a mailer loses
// the broker, the broker gives its messages to another, the database comes back for both at once, and the second finds
// claims that are milliseconds old. Nobody had died, and thirteen mails of 57,000 went twice and did not say so. To wait
// costs 3 s where somebody did die, after the 5 s that the broker takes to notice.
//
// A receipt is recorded before it is published: if the broker is away, the command comes
// again, the claim is found done, and the same receipt with the same id is published.
package delivery
