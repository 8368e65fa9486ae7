// Package render turns a decided message into what is sent: the subject, HTML and plain
// text of an e-mail, the text of an SMS or a WhatsApp message, or the call of a webhook.
//
// An e-mail is two files, email/NAME.html.liquid and email/NAME.txt.liquid: a mail
// without a plain-text part reads badly in notifications, on watches and to screen
// readers, and is held against the sender by spam filters. The HTML file begins with
// front matter, one key: value a line:
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
// Layouts lie in email/layouts (NAME.html.liquid and NAME.txt.liquid, each printing
// {{ content }}), partials in email/partials, and texts are sms/NAME.txt.liquid and
// whatsapp/NAME.txt.liquid.
//
// A webhook is webhook/NAME.yaml: where it goes, its headers, and a body of Liquid that makes
// JSON. What is printed between quotes is escaped, what is printed elsewhere is a whole JSON
// value, and a body that is no JSON is an error, so that no name of a customer reaches the
// shop's system as anything but a name. Secrets stand as ${NAME} in headers and behind the
// host; a rendered Call still names them, so that it can be shown, and Call.Filled puts them
// in at the last moment.
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
package render
