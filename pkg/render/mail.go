package render

import "fmt"

// Mail is a rendered e-mail, without the recipient, whom the command names.
type Mail struct {
	Subject     string // one line
	Preheader   string // the line that inboxes show beside the subject; part of HTML too
	HTML        string
	Text        string
	FromName    string
	FromAddress string
	ReplyTo     string // empty: answers go to FromAddress
	// Unsubscribe is where one POST ends messages like this (RFC 8058): https, of marketing
	// only, and empty without Links.
	Unsubscribe string
	// UnsubscribeMail is the mailto: that does the same (RFC 2369), of marketing only.
	UnsubscribeMail string
}

// SMS is a rendered text message, or one for WhatsApp.
type SMS struct {
	From string // an E.164 number or, of a text message, an alphanumeric sender
	// Service is Twilio's messaging service that picks the sender; empty: From sends.
	Service string
	Body    string
	// Content is what goes to WhatsApp in place of Body, which then only shows what people read; its
	// zero value: Body goes.
	Content Content
}

// Shop is who writes: the part of rapport.yaml that templates and workers read.
type Shop struct {
	Name        string
	URL         string   // http or https
	Currency    string   // ISO 4217, used where an order names none
	Locale      string   // one of Locales, used where a profile names none
	Timezone    string   // IANA, used where a profile names none
	Address     []string // the postal address, line by line
	FromName    string
	FromAddress string
	ReplyTo     string
	SMSFrom     string
	// SMSSenders are the senders for some countries, by their code (ISO 3166), where SMSFrom is that
	// for all others; SMSService is Twilio's messaging service that picks the sender itself.
	SMSSenders map[string]string
	SMSService string
	// SMSReplies answer what people write to us, by language (ISO 639). Where there is none for a
	// language, English is taken, see Replies.
	SMSReplies map[string]Replies
	// WhatsAppFrom is the number, in E.164, that WhatsApp messages come from.
	WhatsAppFrom string
}

// Error is a mistake in a template, found when it is read or when it meets data. It is
// permanent: trying again gives the same answer.
type Error struct {
	File    string // within the workspace: "email/thank-you.html.liquid"
	Line    int    // from 1; 0 when the mistake has no place in the file
	Col     int    // from 1
	Width   int    // characters concerned, at least 1
	Message string
	Hint    string // what to do, may be empty
}

// Error is "file:line:col: message".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
}

// Permanent says that a retry is in vain.
func (e *Error) Permanent() bool { return true }
