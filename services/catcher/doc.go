// Package catcher is a provider of mail, SMS and WhatsApp and a receiver of webhooks for development and tests: it accepts
// whatever is sent, delivers nothing, and has a page on which to read what was caught.
//
// Consumes: mail by SMTP; messages by a Twilio-shaped HTTP API; webhooks by POST /webhooks; nothing from the broker.
// Publishes: Twilio's status callbacks ("delivered") to this machine, or to hosts that Options name.
// Owns: one SQLite file, catcher.db in Options.Dir.
//
// Guarantees:
//
//   - What was answered with 250 or 201 is stored: the answer is given after the commit, and survives the death of the
//     process at any moment (a power cut may cost the last of it; WAL with synchronous NORMAL). Those who wait at the same
//     moment share a commit.
//   - Memory is bounded: by the size of a message, by the bytes being received at once (beyond them the answer is 452),
//     by the connections, and by the number of waiting callbacks. Disk is bounded by the number of messages kept.
//   - A stop takes about two seconds at most: mails and requests that have begun are finished and answered, new ones are
//     refused with "come again later".
//   - Logs hold no addresses and no bodies.
//
// # For senders
//
// Any SMTP client works without TLS, with or without a user. The API answers POST and GET of
// /2010-04-01/Accounts/{sid}/Messages as Twilio does, errors included. Twilio's own client works unchanged when its HTTP
// client has a transport that sends the requests here, whatever host they name:
//
//	client.Client{HTTPClient: &http.Client{Transport: toCatcher}, Credentials: client.NewCredentials(sid, token)}
//
// Mail is known by the headers X-Rapport-Message and X-Rapport-Journey. Twilio has no field for either, so they are taken
// from the parameters "message" and "journey" of the StatusCallback. What goes to an address with the prefix "whatsapp:" is
// a WhatsApp message; its sender must be one too. Callbacks are signed like Twilio's, with the secret that the request came
// with.
//
// Webhooks come as the body of POST /webhooks, of the type message/http: the request as a proxy would get it, with the whole
// address in its first line. X-Rapport-Message and X-Rapport-Journey are headers of what brings it. It is answered with 200
// and {"id": n}. Secrets are not kept: of the headers that hold them only such values are shown that name the secret, as in
// "Bearer ${CRM_TOKEN}".
//
// # Failures on purpose
//
// The local part of a recipient, alone or before a plus, asks for one:
//
//	bounce@   550 5.1.1 to RCPT
//	defer@    451 4.7.1 to RCPT
//	slow@     stored, but answered only after Options.SlowAnswer
//	cut@      stored, but the connection is closed instead of an answer
//
// Of phone numbers, those of Twilio's test credentials do what they do there: To +15005550001 (21211), 0002 (21612), 0003
// (21408), 0004 (21610), 0009 (21614); From +15005550001 (21212), 0007 (21606), 0008 (21611).
//
// # For tests
//
//	GET    /api/messages       channel, journey, message, to, q; newest first, or with after=ID oldest first; limit, offset
//	GET    /api/messages/{id}  with bodies, headers, attachments and source
//	GET    /api/counts         by channel and journey, and of callbacks
//	DELETE /api/messages       all of them
//
// In the same process, Messages, Read and Counts answer without HTTP.
//
// # Why it is so
//
// It is a service of ours and not mailpit because the all-in-one process embeds it, and because it catches texts and calls too. A
// mail is parsed when somebody looks at it; when it arrives only five header fields are read, so that a replay of a year
// is not held up by its catcher. A caught mail is shown in a frame without scripts under a policy of its own.
package catcher
