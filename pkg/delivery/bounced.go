package delivery

import (
	"encoding/json"
	"net/mail"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// bounced is what is told beside the receipt of a message whose recipient was refused, by a mail
// server or by who sends text messages, so that an answer at once has the same consequences as
// one that comes by mail or callback an hour later.
type bounced struct {
	MessageID string           `json:"message_id"`
	Journey   string           `json:"journey,omitempty"`
	Instance  string           `json:"instance,omitempty"`
	Step      string           `json:"step,omitempty"`
	Template  string           `json:"template,omitempty"`
	Channel   message.Channel  `json:"channel"`
	Category  message.Category `json:"category,omitempty"`
	Provider  string           `json:"provider,omitempty"`
	Kind      string           `json:"kind"`
	Code      string           `json:"code,omitempty"`
	Reason    message.Reason   `json:"reason,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	Address   string           `json:"address,omitempty"`
}

// bounceOf is the event of a receipt; its id is derived from the message's, and everything in it
// from what was recorded, so that it is told again with a repeated receipt and dropped as a
// duplicate. ok is false when there is nothing to tell.
func bounceOf(c *message.Command, r *message.Receipt, source string) (ev event.Event, ok bool, err error) {
	typ, what, address := refusal(r.Channel)
	if r.Kind == "" || typ == "" {
		return event.Event{}, false, nil
	}
	data, err := json.Marshal(bounced{
		MessageID: r.MessageID, Journey: r.Journey, Instance: r.Instance, Step: r.Step, Template: r.Template, Channel: r.Channel,
		Category: c.Category, Provider: r.Provider, Kind: r.Kind, Code: r.Code, Reason: r.Reason, Detail: r.Detail, Address: address(c.To),
	})
	if err != nil {
		return event.Event{}, false, err
	}
	return event.Event{
		ID: r.MessageID + what, Source: source, Type: typ, Subject: c.Profile, Time: r.At.UTC(), Data: data,
	}, true, nil
}

// refusal is how a channel's event is called, what makes its id of the message's, and what it names
// as the address: the recipient, as the profile has it. Empty: the channel has no such event.
func refusal(c message.Channel) (typ, id string, address func(string) string) {
	switch c {
	case message.Email:
		return event.EmailBounced, "/bounced", bare
	case message.SMS:
		return event.SMSFailed, "/refused", strings.TrimSpace
	case message.WhatsApp:
		return event.WhatsAppFailed, "/refused", strings.TrimSpace
	}
	return "", "", nil
}

// bare is an address without the name before it.
func bare(to string) string {
	if a, err := mail.ParseAddress(to); err == nil {
		return a.Address
	}
	return strings.TrimSpace(to)
}
