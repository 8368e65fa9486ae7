package callback

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"rapport/pkg/message"
)

// Kind is what happened.
type Kind string

// The kinds. Rejected and Failed mean that the provider did not hand the message on: because of the recipient or a rule,
// and because of an error.
const (
	Queued       Kind = "queued"       // the provider has it
	Sent         Kind = "sent"         // the provider has handed it on, or is about to
	Delivered    Kind = "delivered"    // the receiving server or handset took it
	Deferred     Kind = "deferred"     // the provider tries again
	Bounced      Kind = "bounced"      // the receiving side refused it
	Rejected     Kind = "rejected"     // the provider kept it back
	Failed       Kind = "failed"       // the provider could not make or send it
	Complained   Kind = "complained"   // the recipient called it spam
	Opened       Kind = "opened"       // a picture in it was fetched, or it was read
	Clicked      Kind = "clicked"      // a link in it was followed
	Unsubscribed Kind = "unsubscribed" // the recipient wants no more
	Subscribed   Kind = "subscribed"   // the recipient wants it again
	Received     Kind = "received"     // somebody wrote to us, see Inbound
	Other        Kind = "other"        // something else, see Type
)

// Class says what a failure is about, and with that who has to do something.
type Class string

// The classes. Optout and Spam mean that somebody keeps an earlier wish of the recipient.
const (
	Hard        Class = "hard"      // the address: it does not exist, do not write to it again
	Soft        Class = "soft"      // for now: mailbox full, server or handset away
	Block       Class = "block"     // the sender: reputation, policy, authentication
	Content     Class = "message"   // the message: too large, its content, its form
	Optout      Class = "optout"    // the recipient has unsubscribed
	Spam        Class = "complaint" // the recipient has complained
	Unspecified Class = "other"     // the provider does not say
)

// Event is one thing that a provider told about one message and one recipient. Empty fields are what it did not tell.
type Event struct {
	ID         string // the same for each repeat: <provider>-<32 hex digits>
	Kind       Kind
	Type       string // the provider's own word for the kind
	Channel    message.Channel
	Provider   string
	EventID    string // the provider's id of the event
	ProviderID string // the provider's id of the message, as it gave it at the hand-over
	MessageID  string // ours: from the header X-Rapport-Ref or X-Rapport-Message, Config.MessageKey, or ?message= of the URL
	MailID     string // the header Message-ID, without angle brackets
	Recipient  string // address or number; of Received: ours, that was written to
	At         time.Time
	Class      Class  // of Bounced, Deferred, Rejected and Failed
	Status     string // of the receiving server, by RFC 3463: 5.1.1
	Code       string // the provider's own code of a failure: Twilio's error code, SparkPost's bounce class
	Reason     string // the provider's words
	Diagnostic string // the words of the receiving server or carrier
	URL        string // of Clicked
	UserAgent  string
	IP         string
	Machine    bool // the provider says that a machine did it: a proxy, prefetching, a scanner
	Tags       []string
	Metadata   map[string]string // what else the message carried; values that are no text are JSON
	Inbound    *Inbound          // of Received
}

// Inbound is a message to us.
type Inbound struct {
	From    string
	To      string
	Subject string
	Body    string // text, where the callback has it
	Media   []Media
	Keyword Keyword
}

// Media is a picture or file beside an inbound message, to be fetched from the provider.
type Media struct {
	URL  string
	Type string // MIME
}

// Keyword is what an inbound short message asks for.
type Keyword string

// The keywords.
const (
	Stop  Keyword = "stop"
	Start Keyword = "start"
	Help  Keyword = "help"
)

// identity derives an event's id. The provider's id of the event, with what tells its recipients apart, is enough; without
// one, everything is taken that a repeat repeats.
func (e *Event) identity() string {
	parts := []string{e.Provider, string(e.Kind), e.Type, e.Recipient}
	if e.EventID != "" {
		parts = append(parts, "id", e.EventID)
	} else {
		at := ""
		if !e.At.IsZero() {
			at = e.At.UTC().Format(time.RFC3339Nano)
		}
		parts = append(parts, "all", e.ProviderID, e.MessageID, e.MailID, at, e.Status, e.Code, e.URL, e.UserAgent, e.IP)
	}
	h := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		_, _ = h.Write(size[:]) // A hash takes everything.
		_, _ = h.Write([]byte(part))
	}
	return e.Provider + "-" + hex.EncodeToString(h.Sum(nil)[:16])
}
