// Package profile is one customer as the engine knows them: traits and addresses, consent
// with its proof, what was bought and what else happened, loyalty, tags, predictions and
// segments, and what they may not be sent.
//
// A profile is the fold of its events: Apply takes one event and changes the profile, and
// the same events give the same profile, in whatever order they arrive: the latest word by its
// own time counts, and what is as late is decided by what it says. Exempt are what is forgotten
// because there is too much of it, repetitions in the Ledger, and a bounce that names no address,
// which is about the one that is known when it arrives. The package is pure; time comes with the
// events.
//
// # Consent
//
// Consent is the latest word by its own time, whatever order words arrive in; of two at one
// time a refusal counts. A withdrawal of everything (purpose "*") counts for purposes that are
// first spoken of later, too, as long as what is said of them is older. Confirmed is the second
// step of a double opt-in since the last refusal. The Ledger has what was said, with source,
// proof and event: the first and the last 50 words, and of words that say the same in a row,
// which shops send with every event, the first and the last. So a ledger that missed a word
// which came late between two repetitions may show one repetition less; consent itself is
// never reckoned from it.
//
// # Joins
//
// A person may have several ids, each with a profile of its own that takes in its own events.
// Join makes the whole of these parts, so that they can be joined in any order, parted again,
// and nothing is counted twice, as long as each is there once. What happened is as if all of it
// had happened under one id: counts, sums, points and histories are added, of traits, tags,
// predictions and tiers, of pauses and wishes for fewer messages the latest word counts, and a
// block under one id is a block. Applying an event to a part and to the whole is the same as
// joining again, apart from consent and addresses.
//
// Of consent the stricter holds. Words under one address (of the e-mail, or the number) are one
// person's, and the latest counts, whichever id it was said under; what was said when no address
// was known is about each. Of words under several addresses a refusal wins, of which a yes to
// another address says nothing, unless that yes is later and was confirmed by a double opt-in. A
// yes is confirmed if it is under every address at which it was given. Voices keep what was said
// where; only joined profiles have them.
//
// # What must not be written to
//
// A Block is about an address, the one in its event or else the one the person had: it holds
// while that is theirs. An e-mail address is blocked by a bounce for good (email.bounced of the
// kind hard or permanent) and by a complaint (email.complained), which withdraws consent, too; a
// number by sms.failed of the kind hard or opted_out, and by STOP until START. Of a full mailbox
// (4.2.2, 5.2.2) the third bounce in a row, and of a disabled one (5.2.1) the second, count;
// anything that arrives, is opened, clicked or answered begins the count anew, by the times of
// the history. Other bounces are not the person's fault, and block nothing.
//
// # History
//
// Conditions ask how often something happened in the last ninety days. The answer must not
// cost more for a customer of ten years, nor may their profile grow, so History keeps less
// the longer ago something is:
//
//   - Exactly: the latest 64 events of each type (of one kind of event at most 4 kB, of
//     orders 16 kB), with their time to the millisecond and up to 8 properties: numbers,
//     truths, and texts of at most 64 bytes. total, value and revenue come first, then
//     product_id and category, the other well-known names, and the rest by the alphabet.
//     Of orders, the product id and category of the first 8 lines. Addresses, names and
//     links are left out, and receipts (message.*) keep channel, journey, template and
//     reason only. Events of one instant are kept or folded together.
//   - By the day (UTC): how many older ones there were, and the sums of total, value and
//     revenue, for the latest 400 days on which there were any. Amounts beyond 1e11 are not
//     added; sums are exact to four decimals and do not depend on the order of events.
//   - For life: how many there were, the same sums, and the first and the last time.
//
// So what is asked about a window of at most 400 days is complete; where it reaches back
// past the exact entries it is exact to a day: a folded day counts as long as any part of
// it lies in the window. What is asked about properties other than the amounts is answered
// from the exact entries alone. Of more than 48 types, the one last seen longest ago is
// forgotten, orders excepted; should it come again, it counts from one.
//
// Queries read the stored bytes as they are. Nothing is decoded before it is asked for, so
// a long history costs a profile's loading no more than the copying of its bytes.
package profile
