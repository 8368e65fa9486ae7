package catcher

import (
	"errors"
	"time"
)

// The channels.
const (
	Email    = "email"
	SMS      = "sms"
	WhatsApp = "whatsapp"
	Webhook  = "webhook"
)

// ErrNotFound is returned for a message that is not, or no longer, there.
var ErrNotFound = errors.New("no such message")

// Message is one caught message, without its contents.
type Message struct {
	// ID counts messages in the order in which they were stored. Ids are not used again after a deletion.
	ID         int64     `json:"id"`
	Channel    string    `json:"channel"`
	ReceivedAt time.Time `json:"received_at"`
	// From is the header From of a mail, and the From or the MessagingServiceSid of an SMS or a WhatsApp message. Numbers
	// of WhatsApp are without Twilio's prefix "whatsapp:". A webhook has none.
	From string `json:"from"`
	// To holds the recipients of the envelope of a mail, the host of a webhook, and the one To of the others.
	To []string `json:"to"`
	// Subject is the subject of a mail, the method and the path of a webhook, and the beginning of the text of the others.
	Subject string `json:"subject"`
	// ProviderID is what the sender knows the message by at its provider: the Message-ID of a mail, without the angle
	// brackets, the sid of an SMS, and the Idempotency-Key of a webhook.
	ProviderID string `json:"provider_id"`
	// MessageID and Journey are Rapport's: the headers X-Rapport-Message and X-Rapport-Journey of a mail, or of what brings
	// a webhook; the parameters message and journey of the StatusCallback of an SMS, because Twilio has no field for them.
	MessageID string `json:"message_id,omitempty"`
	Journey   string `json:"journey,omitempty"`
	// Size is that of the raw message in bytes.
	Size int `json:"size"`
}

// text reports whether the message came by the Twilio API.
func (m *Message) text() bool { return m.Channel == SMS || m.Channel == WhatsApp }

// Filter selects messages. Zero fields select everything.
type Filter struct {
	Channel   string // exactly
	Journey   string // exactly
	MessageID string // Rapport's, exactly
	To        string // part of a recipient, whatever its case
	Query     string // part of a recipient or of the subject, whatever its case
	// After selects messages with a larger id and turns the order round: oldest first. Use -1 to read from the start.
	After int64
	// Offset skips that many; Limit bounds the answer, 50 when zero, 1,000 at most.
	Offset int
	Limit  int
}

// Counts says what a catcher holds.
type Counts struct {
	Total int `json:"total"`
	Email int `json:"email"`
	SMS   int `json:"sms"`
	// WhatsApp counts what came by the Twilio API for the channel of that name.
	WhatsApp int `json:"whatsapp"`
	Webhook  int `json:"webhook"`
	// Journeys counts by journey; messages without one are under "".
	Journeys map[string]int `json:"journeys"`
	// Callbacks counts the status callbacks since the start.
	Callbacks CallbackCounts `json:"callbacks"`
}

// CallbackCounts counts status callbacks: answered with 2xx, not so answered, and not tried because too many waited.
type CallbackCounts struct {
	Delivered int64 `json:"delivered"`
	Failed    int64 `json:"failed"`
	Dropped   int64 `json:"dropped"`
}
