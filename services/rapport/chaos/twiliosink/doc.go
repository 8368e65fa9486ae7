// Package twiliosink is a server in the shape of Twilio's API for messages that misbehaves
// by plan and remembers what it took.
//
// Only the creation of a message is there
// (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource),
// with Twilio's JSON for the answer and for errors. As Twilio's API has no field for a
// sender's own id, the server reads it from the text: what stands behind "ref " at its end.
//
// Promises: those of package smtpsink. A message is recorded durably before it is answered,
// whether or not the answer is then given.
package twiliosink
