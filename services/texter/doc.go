// Package texter sends the text messages that the orchestrator decided, through Twilio: by
// SMS or by WhatsApp, one channel for each Texter.
//
// Consumes: message.Command on send.sms.* or send.whatsapp.* of the stream SEND, as one of
// any number of workers on one durable consumer for each channel.
//
// Publishes: a receipt for each command (message.sent, message.failed, message.uncertain or
// message.suppressed) on events.<profile key>.
//
// Owns: the claims on message ids in the store, and the HTTP connections to Twilio.
//
// Guarantees: those of pkg/delivery. Twilio's API has no idempotency key, so a request
// whose answer was lost is never repeated: it becomes uncertain. What counts is whether the
// request was written to the connection. Wrong credentials lose nothing: messages wait,
// and the log says so.
//
// Numbers go to Twilio in E.164, however they came. What is typed with curly quotes, dashes or
// unbreakable spaces is sent with their plain forms where that needs fewer segments
// (Options.Verbatim: never), and the segments that Twilio took are counted.
//
// A number that Twilio refuses ends the message as failed, and is told beside the receipt as a
// status callback tells it (sms.failed or whatsapp.failed, with the address): of the kind
// opted_out for a recipient who replied STOP (error 21610), hard for one that is no telephone
// which takes messages. Nothing more is sent there then.
//
// Twilio keeps a message that it cannot send at once for up to ten hours. It is told to keep none
// beyond the beginning of the person's quiet hours, nor longer than the journey lets it be late
// (ValidityPeriod); what it drops for that comes back as failed, with code 30036.
//
// To WhatsApp it sends contents that were approved, by their SID with variables, and plain text,
// which WhatsApp takes only within 24 hours after the person has written (Twilio's error 63016
// otherwise, a refusal in the receipt or the callback). Whether a day has passed is left to WhatsApp:
// it alone counts the messages that never reach us.
//
// # Why it is so
//
// twilio-go makes the request, authenticates and reads errors. It takes no context and
// loses the status of answers that are not Twilio's JSON (a gateway's page), so every
// message gets a client of its own over a shared transport, which brings the context in
// and notes how far the exchange came. Only the package of the one API is imported: the
// whole of twilio-go costs minutes to compile.
package texter
