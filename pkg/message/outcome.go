package message

import (
	"encoding/json"
	"fmt"
	"time"

	"rapport/pkg/event"
)

// Outcome is where a decided message ended. Every message ends in exactly one.
type Outcome string

// The outcomes. Uncertain means that a worker died between handing the message to the
// provider and recording the answer; it is counted, shown and, unless the message is a
// transactional e-mail, not sent again.
const (
	Sent       Outcome = "sent"       // the provider took responsibility for it
	Failed     Outcome = "failed"     // the provider or the template refused it for good
	Suppressed Outcome = "suppressed" // policy kept it back, see Reason
	Uncertain  Outcome = "uncertain"  // nobody knows whether the provider got it
)

// Reason says why a message was not sent. The set is closed: it labels metrics.
type Reason string

// The reasons, in the order in which policy asks.
const (
	ReasonSuppressed Reason = "suppressed" // bounced, complained or erased
	ReasonNoConsent  Reason = "no_consent"
	ReasonNoAddress  Reason = "no_address"
	ReasonHeldOut    Reason = "held_out"
	ReasonLeft       Reason = "journey_left"
	ReasonCapped     Reason = "capped"
	ReasonQuietHours Reason = "quiet_hours"
	ReasonThrottled  Reason = "throttled"

	ReasonTooLate Reason = "too_late" // it waited, in a paused journey or for room, beyond its time

	ReasonInvalidAddress Reason = "invalid_address"
	ReasonRejected       Reason = "rejected"    // a permanent answer of the provider
	ReasonRender         Reason = "render"      // the template failed
	ReasonUnavailable    Reason = "unavailable" // the provider could not be reached in time
	ReasonInFlight       Reason = "in_flight"   // of uncertain: in a worker's hands when it died
)

// Receipt is what a worker says about a command, as the data of a message.sent,
// message.failed, message.uncertain or message.suppressed event.
type Receipt struct {
	MessageID  string    `json:"message_id"`
	Journey    string    `json:"journey"`
	Instance   string    `json:"instance"`
	Step       string    `json:"step"`
	Channel    Channel   `json:"channel"`
	Template   string    `json:"template"`
	Outcome    Outcome   `json:"outcome"`
	Reason     Reason    `json:"reason,omitempty"`
	Detail     string    `json:"detail,omitempty"` // the provider's words, without addresses
	Provider   string    `json:"provider,omitempty"`
	ProviderID string    `json:"provider_id,omitempty"`
	Resent     bool      `json:"resent,omitempty"` // a second attempt after an uncertain first
	At         time.Time `json:"at"`
}

// ReceiptFor starts the receipt of a command.
func ReceiptFor(c *Command, outcome Outcome, reason Reason, at time.Time) Receipt {
	return Receipt{
		MessageID: c.ID, Journey: c.Journey, Instance: c.Instance, Step: c.Step, Channel: c.Channel,
		Template: c.Template, Outcome: outcome, Reason: reason, At: at,
	}
}

// Event wraps the receipt for the EVENTS stream. The id is derived from the message and
// the outcome, so a repeated receipt is dropped as a duplicate. profile is the command's;
// source names the service.
func (r *Receipt) Event(source, profile string) (event.Event, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return event.Event{}, fmt.Errorf("encode receipt of message %s: %w", r.MessageID, err)
	}
	typ, ok := map[Outcome]string{
		Sent: event.MessageSent, Failed: event.MessageFailed, Uncertain: event.MessageUncertain, Suppressed: event.MessageSuppressed,
	}[r.Outcome]
	if !ok {
		return event.Event{}, fmt.Errorf("receipt of message %s: there is no outcome %q", r.MessageID, r.Outcome)
	}
	return event.Event{
		ID: r.MessageID + "/" + string(r.Outcome), Source: source, Type: typ,
		Subject: profile, Time: r.At.UTC(), Data: data,
	}, nil
}
