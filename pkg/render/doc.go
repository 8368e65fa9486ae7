// Package render turns a decided message into what is sent: the subject, HTML and plain
// text of an e-mail, the text of an SMS or a WhatsApp message, or the call of a webhook.
//
// An e-mail is email/NAME.html.liquid and, better than without, email/NAME.txt.liquid: a mail
// without a plain-text part reads badly in notifications, on watches and to screen
// readers, and is held against the sender by spam filters, so that one that nobody wrote is
// made of the HTML (package plaintext). The HTML file begins with front matter, one key: value
// a line:
//
//	---
//	subject: Thank you, {{ profile.first_name | default: "dear customer" }}
//	preheader: Your order {{ trigger.order_id }} is confirmed
//	layout: shop
//	---
//
// The HTML file may be email/NAME.mjml instead, in MJML (package mjml) behind the same front
// matter. It is compiled when the workspace is read, and then treated as the HTML that it
// stands for; mistakes in its Liquid are told where they were written. Layouts may be MJML,
// too, but a mail in MJML has none: it is a whole page, and shares by mj-include.
//
// Layouts lie in email/layouts (NAME.html.liquid and, if wanted, NAME.txt.liquid, each printing
// {{ content }}), partials in email/partials, and texts are sms/NAME.txt.liquid and
// whatsapp/NAME.txt.liquid. A WhatsApp message whose wording was approved is whatsapp/NAME.yaml: the
// SID under which Twilio has the wording, the variables that go into it, each a template of its own
// and never empty, and the wording itself, of which only previews and tests are made.
//
// A webhook is webhook/NAME.yaml: where it goes, its headers, and a body of Liquid that makes
// JSON. What is printed between quotes is escaped, what is printed elsewhere is a whole JSON
// value, and a body that is no JSON is an error, so that no name of a customer reaches the
// shop's system as anything but a name. Secrets stand as ${NAME} in headers and behind the
// host; a rendered Call still names them, so that it can be shown, and Call.Filled puts them
// in at the last moment.
//
// # Languages
//
// A message is in one language, from the subject to the footer. Every file may have versions
// for others, NAME.de.html.liquid or NAME.de-AT.html.liquid, and locales/TAG.yaml are
// catalogues of texts for the filter t, with CLDR's plural forms. A reader's locale is asked for
// from the most special to the most general (de-AT, de), then the shop's (en-GB, en), then what
// names no language. A mail that is neither written nor translated in the reader's language is as a
// whole in the shop's: layout, partials, catalogues and the names in dates follow the mail, and
// templates read which it is as language and direction. What is compiled for a language is an edition;
// files are parsed once for all editions that see the same partials. Amounts follow the
// reader's country, whatever the language: 1.234,50 € is no translation. Texts that nobody
// wrote are mistakes of the workspace, those that one language lacks and those that nothing asks
// for are warned of. Locales has those that amounts and dates are known for, by tables after CLDR
// that a test holds to what ICU prints.
//
// # Styles, preheader
//
// Rules of style elements are moved into the elements that they are for (package inline): read when the
// workspace is, applied to each page. Doing it once, in the templates, would be free afterwards, but what
// stands in what is only known when layout, mail, partials and data have come together; and it is one pass over
// the page, about 150 ns for each element where rules ask for names of elements, and 250 ns where they ask for
// classes and nesting (BenchmarkAppend of package inline). Only pages that have such rules pay, and rules that are
// said many times over cost as much as once.
//
// A preheader that neither mail nor layout prints is put at the beginning of the body, hidden and padded, because that is
// what writing one in the front matter is for.
//
// # What it promises
//
// Everything is compiled when the workspace is read, so that a mistake is found by the
// person who made it and not by a customer. What is printed into HTML is escaped; subjects
// and SMS senders lose line breaks; addresses in url and image_url that are not http or
// https are dropped before a template sees them.
//
// Addresses that belong to one person are the variables links.unsubscribe, links.preferences
// and links.confirm. Whoever renders passes in who makes them (WithLinks), and who gives the
// other links of a page their tracking, when all else is done; package link does both. They
// are made when a template first asks. Without that, as in previews, tests and checks, a page
// keeps its links, and the variables say what works without a portal.
//
// Rendering is a function of the command and the files: the time a template may ask for
// is the time at which the message was decided, so a repeat of a message is the same
// message to the byte. Errors are permanent: the same template and the same data fail again.
//
// # What it costs
//
// make bench-render measures an order confirmation with a layout and four products (10 KB of HTML, 1 KB of text) in two
// languages, with tracked links, and with its text made of the HTML. A Compiler keeps compiled MJML from one reading of a
// workspace to the next, so that saving a file does not start a JavaScript engine.
package render
