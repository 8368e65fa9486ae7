package delivery

import (
	"encoding/json"
	"net/mail"
	"strings"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// bounced is what is told beside the receipt of an e-mail that a mail server refused, so that
// an answer at once has the same consequences as one that comes by mail an hour later.
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
	if r.Kind == "" || r.Channel != message.Email {
		return event.Event{}, false, nil
	}
	data, err := json.Marshal(bounced{
		MessageID: r.MessageID, Journey: r.Journey, Instance: r.Instance, Step: r.Step, Template: r.Template, Channel: r.Channel,
		Category: c.Category, Provider: r.Provider, Kind: r.Kind, Code: r.Code, Reason: r.Reason, Detail: r.Detail, Address: bare(c.To),
	})
	if err != nil {
		return event.Event{}, false, err
	}
	return event.Event{
		ID: r.MessageID + "/bounced", Source: source, Type: event.EmailBounced, Subject: c.Profile, Time: r.At.UTC(), Data: data,
	}, true, nil
}

// bare is an address without the name before it.
func bare(to string) string {
	if a, err := mail.ParseAddress(to); err == nil {
		return a.Address
	}
	return strings.TrimSpace(to)
}
