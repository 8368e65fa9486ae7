package portal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/link"
	"rapport/pkg/message"
)

// Source is the source of the events that the portal publishes.
const Source = "rapport/portal"

// Bounds, in bytes, of what visitors send and events keep.
const (
	maxAgent = 300
	maxURL   = 2048
)

// data is an event's, in the order of its members.
type data struct {
	MessageID    string           `json:"message_id,omitempty"`
	Journey      string           `json:"journey,omitempty"`
	Instance     string           `json:"instance,omitempty"`
	Step         string           `json:"step,omitempty"`
	Template     string           `json:"template,omitempty"`
	Channel      message.Channel  `json:"channel,omitempty"`
	Category     message.Category `json:"category,omitempty"`
	Kind         string           `json:"kind,omitempty"` // of an unsubscribe: one_click or page
	URL          string           `json:"url,omitempty"`
	ProductID    string           `json:"product_id,omitempty"`
	LinkCategory string           `json:"link_category,omitempty"`
	Link         string           `json:"link,omitempty"`
	UserAgent    string           `json:"user_agent,omitempty"`
	Machine      string           `json:"machine,omitempty"`
	// PauseUntil ends a pause when it is empty and there; WriteLess is there when it was chosen anew.
	PauseUntil *string `json:"pause_until,omitempty"`
	WriteLess  *bool   `json:"write_less,omitempty"`

	Profile *event.ProfileUpdate `json:"$profile,omitempty"`
}

// about is what an event says of the message that the ticket came with.
func about(t *link.Ticket) data {
	return data{
		MessageID: t.Ref.ID, Journey: t.Journey, Instance: t.Instance, Step: t.Step, Template: t.Template,
		Channel: t.Channel, Category: t.Category,
	}
}

// newMessage makes the event as it is published. The id is derived from the parts, so that the same thing told again is
// stored once.
func newMessage(typ string, t *link.Ticket, at time.Time, d data, parts ...string) (*nats.Msg, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write the data of a %s: %w", typ, err)
	}
	id := message.Hash(append([]string{typ, t.Profile, t.Ref.String(), string(t.Channel), t.Purpose}, parts...)...)
	e := event.Event{ID: id, Source: Source, Type: typ, Subject: t.Profile, Time: at.UTC(), Data: raw}
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("make a %s: %w", typ, err)
	}
	encoded, err := event.Encode(&e)
	if err != nil {
		return nil, err
	}
	return bus.NewMsg(bus.EventSubject(e.Key()), e.UID(), encoded), nil
}

// bucketOf numbers the stretches of time in which the same thing is the same event.
func bucketOf(at time.Time, size time.Duration) string {
	return strconv.FormatInt(at.UnixNano()/int64(size), 10)
}

// clip cuts what a visitor sent at a character, and replaces what is no UTF-8.
func clip(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}
