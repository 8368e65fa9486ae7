// Package lint looks at messages as they will be sent, for what is legal to send and will probably be regretted: mails that
// Gmail clips, texts that nobody can read, links that lead nowhere, marketing without a way out, HTML that a mail program
// does not know, text messages that cost twice.
//
//	for _, f := range lint.Mail(lint.Letter{Subject: m.Subject, HTML: m.HTML, Text: m.Text}, rules) { ... }
//	for _, f := range lint.SMS(text, rules) { ... }
//
// It looks at the message and not at the template, because only there layout, partials, languages and data have come
// together. A Finding has the line in the rendered part and literal text by which whoever knows the template finds the place.
//
// The rules are a closed set, each with its name, by which it is switched off, and where it comes from (Descriptions).
//
// # What it promises
//
// Few false alarms before completeness: what cannot be known is not said. Contrast is computed (WCAG 2.2, relative
// luminance of sRGB) where the colour of the text and that of the ground are both known: from style and bgcolor attributes
// and from rules with simple selectors in style elements, inherited, with translucent colours laid over what is below.
// Over pictures and gradients, and for colours that a mail program chooses (links without one, everything in the dark
// that has none), nothing is said. What stands in comments, as for Outlook, is not looked at, and what stands in @media or
// @supports is left out of what programs must support.
//
// Sizes are those that count: Gmail clips what is behind some 102 KB of HTML. Google documents no number; this one is what senders
// measure. It is taken as 102 * 1024 bytes of the HTML in UTF-8, before quoted-printable or base64, with Rules.LinkGrowth for each
// link that will be tracked.
//
// Whether a transactional message advertises is weighed: single words say little, several kinds of them say enough to warn
// (16 CFR 316.3 asks what a reader takes for its primary purpose). It is never an error.
//
// What mail programs support is caniemail's (https://www.caniemail.com, MIT, see clients.LICENSE), reduced to what each
// family's newest versions do, in clients.tsv.
//
// Any input is answered and the same input the same way; it takes no time to speak of, and there is no clock, randomness, I/O,
// goroutine or logger.
package lint
