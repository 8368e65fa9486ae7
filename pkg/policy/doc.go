// Package policy is the one place that decides whether a message goes out.
//
// Decide asks its questions in a fixed order, as a table of checks that fits on one screen,
// and the first that objects names the reason: a member of a closed set that is counted,
// traced and kept on the message. Nothing is held back anywhere else, so that "why did she
// not get it" has one answer, and Explain gives it in words.
//
//	suppressed    the address bounced or complained, or the person opted out of the channel or
//	              was erased; or their mailbox is full, and it is marketing
//	no_consent    the person has not agreed to the purpose on the channel
//	unconfirmed   they have, and not confirmed it where the policy wants a double opt-in
//	no_address    nobody knows where to send it
//	held_out      the person is in the control group, or in the holdout arm of the journey
//	journey_left  the person left the journey meanwhile
//	paused        the person asked not to be written to for now
//	capped        enough was sent lately
//	quiet_hours   it is night where the person is
//	throttled     too much for a provider or domain at once (the workers carry this out)
//
// Transactional messages answer what the person did. Suppression, a missing address, the
// holdout arm of their own journey and a journey that was left stop them like all others;
// consent, the control group, a pause, quiet hours and caps do not, unless a cap names them.
// Suppression stops receipts too, other than at some senders, who hold back only marketing
// from who complained: hosts and providers count complaints whatever the message was, and
// refuse the sender of many; who wants to hear again gives another address or, by text, says
// START.
//
// # Caps
//
// A cap holds in every rolling window. It counts what was sent less than its time before the
// message and, because a clock can jump back, less than its time after; every window with
// the message in it lies between, so that none is ever over its cap, in whatever order
// messages come. Unlike in tools that skip a capped message for good or start anew at
// midnight, the verdict says when there will be room (Until), so that a journey can wait for
// it. Priority decides about the last slots: a Reserve keeps them for what matters more, and
// a message of lower priority is refused while taking a slot would touch them. Decide sees
// one message at a time: of several that ask at one moment, or wait for the same Until, let
// the highest priority ask first.
//
// What was sent is a Log beside the profile: compact and bounded. Only messages that go out
// are noted, with category, purpose and journey as they were at that time: those held out or
// held back take no slot, and a message that failed gives its slot back (Withdraw). Where
// the log had to forget, caps have no room: it errs on the side of silence.
//
// # Promises
//
// The package is pure: the time, the person and what was sent come in the Request. The same
// request has the same verdict for ever, in live run, test, back-test and explanation.
package policy
