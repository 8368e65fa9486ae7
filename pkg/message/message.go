package message

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"rapport/pkg/jsontext"
)

// Channel is the road a message takes.
type Channel string

// The channels there are. WhatsApp goes to the phone number; a webhook goes to a system of
// the shop's own, and needs no address of the person.
const (
	Email    Channel = "email"
	SMS      Channel = "sms"
	WhatsApp Channel = "whatsapp"
	Webhook  Channel = "webhook"
)

// Channels returns every channel, in the order in which lists of them are shown.
func Channels() []Channel { return []Channel{Email, SMS, WhatsApp, Webhook} }

// Category decides which rules a message has to pass and what happens to it when a
// crash leaves its fate uncertain.
type Category string

// Transactional messages answer something the customer did; marketing needs consent.
const (
	Transactional Category = "transactional"
	Marketing     Category = "marketing"
)

// Command is one decided message, as it travels on the SEND stream. It carries all
// that rendering needs, so that a worker asks nobody.
type Command struct {
	ID        string   `json:"id"`        // ID(instance, step, visit)
	Partition int      `json:"partition"` // of the profile, so that claims lie beside it
	Profile   string   `json:"profile"`
	Journey   string   `json:"journey"`
	Version   string   `json:"version"` // content hash of the journey
	Instance  string   `json:"instance"`
	Step      string   `json:"step"`
	Channel   Channel  `json:"channel"`
	Category  Category `json:"category"`
	// Purpose is what the person must have agreed to; empty: the category's own name. The
	// message's unsubscribe link withdraws this.
	Purpose   string    `json:"purpose,omitempty"`
	Template  string    `json:"template"`
	To        string    `json:"to"` // address or E.164 number
	Locale    string    `json:"locale,omitempty"`
	Timezone  string    `json:"timezone,omitempty"`
	DecidedAt time.Time `json:"decided_at"`
	// EventAt is when the broker stored the event that led to the message at once. It is zero
	// when a timer did: after a wait, quiet hours, a date; and in replays.
	EventAt time.Time `json:"event_at,omitzero"`
	// Until is when the person's quiet hours begin, of a text message that has to respect them: from
	// then on it must not arrive, wherever it has been waiting. Zero: it may at any time.
	Until time.Time `json:"until,omitzero"`
	// Vars are the template's variables: a JSON object with profile, trigger, and
	// what earlier steps produced, such as recommendations.
	Vars json.RawMessage `json:"vars"`
}

// besidesVars is about how many bytes a command takes besides its variables.
const besidesVars = 768

// Encode writes the command as it travels: one JSON object. Vars, which are long and JSON
// already, are copied as they are.
func (c *Command) Encode() ([]byte, error) {
	b := append(make([]byte, 0, len(c.Vars)+besidesVars), '{')
	b = jsontext.String(jsontext.Name(b, "id"), c.ID)
	b = strconv.AppendInt(jsontext.Next(b, "partition"), int64(c.Partition), 10)
	b = jsontext.String(jsontext.Next(b, "profile"), c.Profile)
	b = jsontext.String(jsontext.Next(b, "journey"), c.Journey)
	b = jsontext.String(jsontext.Next(b, "version"), c.Version)
	b = jsontext.String(jsontext.Next(b, "instance"), c.Instance)
	b = jsontext.String(jsontext.Next(b, "step"), c.Step)
	b = jsontext.String(jsontext.Next(b, "channel"), string(c.Channel))
	b = jsontext.String(jsontext.Next(b, "category"), string(c.Category))
	b = jsontext.Optional(b, "purpose", c.Purpose)
	b = jsontext.String(jsontext.Next(b, "template"), c.Template)
	b = jsontext.String(jsontext.Next(b, "to"), c.To)
	b = jsontext.Optional(b, "locale", c.Locale)
	b = jsontext.Optional(b, "timezone", c.Timezone)
	b, err := c.DecidedAt.AppendText(append(jsontext.Next(b, "decided_at"), '"'))
	if err != nil {
		return nil, fmt.Errorf("encode message %s: decided_at: %w", c.ID, err)
	}
	b = append(b, '"')
	if !c.EventAt.IsZero() {
		if b, err = c.EventAt.AppendText(append(jsontext.Next(b, "event_at"), '"')); err != nil {
			return nil, fmt.Errorf("encode message %s: event_at: %w", c.ID, err)
		}
		b = append(b, '"')
	}
	if !c.Until.IsZero() {
		if b, err = c.Until.AppendText(append(jsontext.Next(b, "until"), '"')); err != nil {
			return nil, fmt.Errorf("encode message %s: until: %w", c.ID, err)
		}
		b = append(b, '"')
	}
	b = jsontext.Next(b, "vars")
	if len(c.Vars) == 0 {
		return append(b, "null}"...), nil
	}
	return append(append(b, c.Vars...), '}'), nil
}

// ID derives a message's identity: 32 hexadecimal digits.
func ID(instance, step string, visit int) string {
	return Hash("message", instance, step, strconv.Itoa(visit))
}

// Hash is the first 16 bytes of SHA-256 over the parts, each preceded by its length
// so that no two lists of parts collide, in hexadecimal.
func Hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
