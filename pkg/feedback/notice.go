package feedback

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Notice is one thing that was said about one message, or by one person to us. Empty fields are what was not said.
type Notice struct {
	// ID is the same for each telling of the same thing, and at most 64 bytes.
	ID   string
	Type string // of the event, such as event.EmailBounced
	// Ref is our message, where the answer names it; ProviderID is what the provider called it at the hand-over.
	Ref        message.Ref
	ProviderID string
	Provider   string // who said it: "sendgrid", or "mail" for what came by mail
	Channel    message.Channel
	At         time.Time
	Kind       string // see the package: of failures, of deferrals and of what people write by SMS
	Code       string // the status (RFC 3463), the SMTP reply code or the provider's code
	Reason     string // in a few words
	Detail     string // what the other side said, without addresses and numbers
	// Address is the address or number that it is about; of what people write, theirs.
	Address   string
	URL       string // of a click
	UserAgent string
	Machine   string // why it is taken for a machine's doing; empty: a person's, or not known
	Subject   string // of mail that people write
	Text      string // what people write
	Language  string // ISO 639, of the word that Kind comes from

	consent   []event.ConsentUpdate
	reopening string // why consent is given back that the channel's opt-out took
}

// Origin is whom and what a notice is about: the message's record as the store has it. All but Profile may be empty.
type Origin struct {
	Profile                           string
	Journey, Instance, Step, Template string
	Channel                           message.Channel
	Category                          message.Category
	// Trace is the message's, 32 hexadecimal digits.
	Trace string
	// Restore are the purposes which the person had granted on the channel when an opt-out by reply took them away. They
	// are what a START gives back (Restorable finds them); without any, it gives nothing.
	Restore []string
}

// data is the event's, in the order of its members.
type data struct {
	MessageID string           `json:"message_id,omitempty"`
	Journey   string           `json:"journey,omitempty"`
	Instance  string           `json:"instance,omitempty"`
	Step      string           `json:"step,omitempty"`
	Template  string           `json:"template,omitempty"`
	Channel   message.Channel  `json:"channel,omitempty"`
	Category  message.Category `json:"category,omitempty"`
	Provider  string           `json:"provider,omitempty"`
	Kind      string           `json:"kind,omitempty"`
	Code      string           `json:"code,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	Address   string           `json:"address,omitempty"`
	URL       string           `json:"url,omitempty"`
	UserAgent string           `json:"user_agent,omitempty"`
	Machine   string           `json:"machine,omitempty"`
	Subject   string           `json:"subject,omitempty"`
	Text      string           `json:"text,omitempty"`
	Profile   *update          `json:"$profile,omitempty"`
}

type update struct {
	Consent []event.ConsentUpdate `json:"consent"`
}

var errNobody = errors.New("an answer belongs to a profile: find the message's before making an event")

// Event is the notice as an event of the profile that it is about. source names who publishes it. The event is valid, or
// the error says what of it is not.
func (n Notice) Event(source string, o Origin) (event.Event, error) {
	if o.Profile == "" {
		return event.Event{}, errNobody
	}
	d := data{
		MessageID: n.Ref.ID, Journey: o.Journey, Instance: o.Instance, Step: o.Step, Template: o.Template, Channel: n.Channel,
		Category: o.Category, Provider: n.Provider, Kind: n.Kind, Code: clip(n.Code, maxWord), Reason: clip(n.Reason, maxWords),
		Detail: clip(n.Detail, maxWords), Address: clip(n.Address, maxAddress), URL: clip(n.URL, maxURL),
		UserAgent: clip(n.UserAgent, maxWords), Machine: clip(n.Machine, maxWord), Subject: clip(n.Subject, maxWords), Text: clip(n.Text, maxText),
	}
	if o.Channel != "" {
		d.Channel = o.Channel // What was sent is known better than what a provider calls it.
	}
	if words := n.words(o, d.Channel); len(words) > 0 {
		d.Profile = &update{Consent: words}
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return event.Event{}, fmt.Errorf("write the data of a %s: %w", n.Type, err)
	}
	e := event.Event{ID: n.identity(o), Source: source, Type: n.Type, Subject: o.Profile, Time: n.At.UTC(), Data: raw}
	if err := e.Validate(); err != nil {
		return event.Event{}, fmt.Errorf("make a %s of what was told: %w", n.Type, err)
	}
	return e, nil
}

// words are the consent that the notice changes. What START gives back counts as confirmed: the answer came from the number.
func (n *Notice) words(o Origin, channel message.Channel) []event.ConsentUpdate {
	words := slices.Clone(n.consent)
	if n.reopening != "" {
		for _, purpose := range o.Restore {
			words = append(words, event.ConsentUpdate{Purpose: purpose, Granted: true, Confirmed: true, Source: byReply, Proof: n.reopening})
		}
	}
	for i := range words {
		words[i].Channel, words[i].At = string(channel), n.At.UTC()
	}
	return words
}

// byReply is the source of what people say by answering, also when the provider heard it and tells of it later.
const byReply = "reply"

// withdraw takes back all marketing purposes of the channel.
func (n *Notice) withdraw(proof string) {
	source := n.Provider
	if n.Channel == message.SMS || n.Channel == message.WhatsApp {
		source = byReply
	}
	n.consent = []event.ConsentUpdate{{Purpose: event.Everything, Source: source, Proof: event.CutProof(valid(proof))}}
}

// identity is the event's id. People share addresses and numbers: what is found by those becomes an event of each of
// them, and these have ids of their own.
func (n *Notice) identity(o Origin) string {
	if n.Ref.IsZero() {
		return n.ID + "." + event.Key(o.Profile)
	}
	return n.ID
}
