// Package sms knows what text messages are made of: how many segments a text needs, which
// telephone number is meant, what a reply asks for, and what a provider's error says about
// the number and the next attempt.
//
//	Count, Split       encoding, units and segments of a text
//	Smart, Smallest    characters exchanged for ones that need fewer segments
//	Costly             which characters force the short segments, for a linter
//	ParseNumber        E.164 from what shops have
//	Read               STOP, START, HELP, and opt-outs in people's own words
//	Twilio             the meaning of an error code
//
// # Promises
//
// The package is pure: the same input has the same answer for ever, on any machine. No
// function panics, whatever the bytes. Errors about numbers never contain the number.
//
// Split loses nothing: its parts, joined, are the text. No part is over its size, no
// extension character and no surrogate pair is divided, and Count is the number of parts.
//
// # Why it is so
//
// Segments are what providers bill and what throttles count, so they are computed as the
// network does (3GPP TS 23.038 and 23.040) and not estimated. National shift tables are left
// out: no large provider sends them.
//
// Smart goes by the table that Twilio publishes for its own Smart Encoding, with two
// differences. A wide or unbreakable space becomes one space, not two, and a tab one, not
// seven. And a combining mark that follows a letter becomes the composed letter if the GSM
// alphabet has that, or stays: the table would write "jalapeno" with "n~". Smallest goes one
// step further and leaves the typography alone where that costs nothing.
//
// A number that is possible but in a range that nobody is known to have assigned is not
// refused: the metadata age, and numbering plans grow. Number.Valid says so instead.
//
// The law takes any reasonable way of opting out (47 CFR 64.1200(a)(10)), while providers
// act on single words only. Read therefore knows both, and the two mistakes that it can make
// are not alike: to go on texting is against the law, to fall silent loses a customer. What
// is not clear is answered with Ask, so that one question settles it.
package sms
