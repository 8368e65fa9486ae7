// Package profile is one customer as the engine knows them: traits and addresses, consent
// with its proof, what was bought and what else happened, loyalty, tags, predictions and
// segments, and what they may not be sent.
//
// A profile is the fold of its events: Apply takes one event and changes the profile, and
// the same events in the same order always give the same profile. What has a time of its
// own (consent, tags, tiers, predictions, the history) comes out the same in whatever order
// its events arrive. The package is pure; time comes with the events.
//
// An e-mail address that bounced for good (email.bounced with the kind hard or permanent), or
// whose owner complained (email.complained), is blocked: nothing goes to it any more, receipts
// included. Other bounces pass, and block nothing.
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
