package message

import (
	"encoding/json"
	"fmt"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/jsontext"
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
	ReasonSuppressed  Reason = "suppressed" // bounced, complained or erased
	ReasonNoConsent   Reason = "no_consent"
	ReasonUnconfirmed Reason = "unconfirmed" // the second step of a double opt-in is missing
	ReasonNoAddress   Reason = "no_address"
	ReasonHeldOut     Reason = "held_out"
	ReasonLeft        Reason = "journey_left"
	ReasonPaused      Reason = "paused" // the person asked not to be written to for now
	ReasonCapped      Reason = "capped"
	ReasonQuietHours  Reason = "quiet_hours"
	ReasonThrottled   Reason = "throttled"

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
	Kind       string    `json:"kind,omitempty"`   // of a refused recipient, as in email.bounced and sms.failed: hard, opted_out and so on
	Code       string    `json:"code,omitempty"`   // of one, the provider's: of e-mail the enhanced code of RFC 3463, or else the reply code
	At         time.Time `json:"at"`
}

// ReceiptFor starts the receipt of a command.
func ReceiptFor(c *Command, outcome Outcome, reason Reason, at time.Time) Receipt {
	return Receipt{
		MessageID: c.ID, Journey: c.Journey, Instance: c.Instance, Step: c.Step, Channel: c.Channel,
		Template: c.Template, Outcome: outcome, Reason: reason, At: at,
	}
}

// besidesTexts is about how many bytes a receipt takes besides its texts.
const besidesTexts = 224

// Encode writes the receipt as it is recorded, and as it is the data of its event: one JSON
// object.
func (r *Receipt) Encode() (json.RawMessage, error) {
	size := besidesTexts + len(r.MessageID) + len(r.Journey) + len(r.Instance) + len(r.Step) + len(r.Channel) + len(r.Template) +
		len(r.Outcome) + len(r.Reason) + len(r.Detail) + len(r.Provider) + len(r.ProviderID) + len(r.Kind) + len(r.Code)
	b := append(make([]byte, 0, size), '{')
	b = jsontext.String(jsontext.Name(b, "message_id"), r.MessageID)
	b = jsontext.String(jsontext.Next(b, "journey"), r.Journey)
	b = jsontext.String(jsontext.Next(b, "instance"), r.Instance)
	b = jsontext.String(jsontext.Next(b, "step"), r.Step)
	b = jsontext.String(jsontext.Next(b, "channel"), string(r.Channel))
	b = jsontext.String(jsontext.Next(b, "template"), r.Template)
	b = jsontext.String(jsontext.Next(b, "outcome"), string(r.Outcome))
	b = jsontext.Optional(b, "reason", string(r.Reason))
	b = jsontext.Optional(b, "detail", r.Detail)
	b = jsontext.Optional(b, "provider", r.Provider)
	b = jsontext.Optional(b, "provider_id", r.ProviderID)
	if r.Resent {
		b = append(jsontext.Next(b, "resent"), "true"...)
	}
	b = jsontext.Optional(b, "kind", r.Kind)
	b = jsontext.Optional(b, "code", r.Code)
	b, err := r.At.AppendText(append(jsontext.Next(b, "at"), '"'))
	if err != nil {
		return nil, fmt.Errorf("encode receipt of message %s: at: %w", r.MessageID, err)
	}
	return append(b, '"', '}'), nil
}

// Event wraps the receipt for the EVENTS stream. The id is derived from the message and
// the outcome, so a repeated receipt is dropped as a duplicate. profile is the command's;
// source names the service.
func (r *Receipt) Event(source, profile string) (event.Event, error) {
	data, err := r.Encode()
	if err != nil {
		return event.Event{}, err
	}
	return r.EventOf(data, source, profile)
}

// EventOf is Event for a receipt that has been encoded already, to data.
func (r *Receipt) EventOf(data json.RawMessage, source, profile string) (event.Event, error) {
	typ := r.Outcome.event()
	if typ == "" {
		return event.Event{}, fmt.Errorf("receipt of message %s: there is no outcome %q", r.MessageID, r.Outcome)
	}
	return event.Event{
		ID: r.MessageID + "/" + string(r.Outcome), Source: source, Type: typ,
		Subject: profile, Time: r.At.UTC(), Data: data,
	}, nil
}

// event is the type of the event that tells the outcome, empty when there is no such outcome.
func (o Outcome) event() string {
	switch o {
	case Sent:
		return event.MessageSent
	case Failed:
		return event.MessageFailed
	case Suppressed:
		return event.MessageSuppressed
	case Uncertain:
		return event.MessageUncertain
	}
	return ""
}
