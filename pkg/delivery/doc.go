// Package delivery is one message's way from a decided command to a receipt: the
// pipeline that services/mailer and services/texter share.
//
//	admit → claim → render → send → record → publish
//
// What it promises for a command, however often the command arrives:
//
//   - The provider sees nothing before a claim on the message's id is durable. A repeat
//     of a message that has a receipt publishes that receipt again and sends nothing.
//   - Every command ends in one receipt: sent, failed or uncertain. Deliver returns an
//     error only when there is no receipt yet or when it could not be published; the
//     command has to come again then.
//   - A message is *uncertain* when it may have been handed over and nobody recorded the
//     answer: a worker died in between, or the connection broke after the message was
//     written and before the provider answered. Transactional e-mail is sent again, once
//     for each life of a process, and its receipt says Resent; marketing and SMS are not
//     sent again (Options.OnUncertain decides). Both are counted.
//   - A claim of this process is no riddle to it: it remembers which of its open claims
//     were certainly not handed over, and which have a receipt that only could not be
//     recorded yet. A claim that it gives up unsent (it is stopping) is passed to Nobody,
//     so that the next worker knows that nothing was handed over either.
//   - A provider that cannot be reached is left alone by a circuit breaker; messages wait
//     for it unclaimed, up to Options.Outage. A message that the provider puts off (SMTP
//     4xx) is tried again with growing pauses, up to Options.Patience. After that it has
//     failed as unavailable.
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
// A receipt is recorded before it is published: if the broker is away, the command comes
// again, the claim is found done, and the same receipt with the same id is published.
package delivery
