package ledger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rapport/services/rapport/chaos/audit"
)

// envelope is a CloudEvent in JSON (CloudEvents 1.0, JSON format), as far as it matters.
type envelope struct {
	ID      string          `json:"id"`
	Source  string          `json:"source"`
	Type    string          `json:"type"`
	Subject string          `json:"subject"`
	Time    time.Time       `json:"time"`
	Data    json.RawMessage `json:"data"`
}

// place is the partition that a subject of EVENTS names, and whether it is that of a tick of
// the clock.
func place(subject string) (partition int, tick bool, err error) {
	rest, ours := strings.CutPrefix(subject, "evp.")
	number, rest, more := strings.Cut(rest, ".")
	if partition, err = strconv.Atoi(number); err != nil || !ours || !more {
		return 0, false, fmt.Errorf("a message of EVENTS has the subject %s", subject)
	}
	return partition, strings.HasPrefix(rest, "clock."), nil
}

// stored reads a message of EVENTS; ok is false for a tick of the clock.
func stored(m *Message) (e audit.Stored, ok bool, err error) {
	partition, tick, err := place(m.Subject)
	if err != nil || tick {
		return e, false, err
	}
	var c envelope
	if err := json.Unmarshal(m.Data, &c); err != nil {
		return e, false, fmt.Errorf("message %d of EVENTS: %w", m.Seq, err)
	}
	e = audit.Stored{Seq: m.Seq, At: m.At, Partition: partition, UID: c.Source + "#" + c.ID, Profile: c.Subject, Type: c.Type, Told: c.Time}
	var data struct {
		Order   string `json:"order_id"`
		View    string `json:"view_id"`
		Message string `json:"message_id"`
		Outcome string `json:"outcome"`
	}
	if err := json.Unmarshal(c.Data, &data); err != nil {
		return e, false, fmt.Errorf("data of message %d of EVENTS: %w", m.Seq, err)
	}
	e.Order = data.Order + data.View
	switch {
	case strings.HasPrefix(c.Type, "message."):
		e.MessageID, e.Outcome = data.Message, data.Outcome
	case c.Type == "email.bounced" && c.Source == "rapport/mailer", c.Type == "sms.failed" && c.Source == "rapport/texter":
		e.About = data.Message
	}
	return e, true, nil
}

// command reads a message of SEND.
func command(m *Message) (audit.Command, error) {
	var c struct {
		ID, Profile, Journey, Channel string
		Vars                          struct {
			Trigger struct {
				Order string `json:"order_id"`
				View  string `json:"view_id"`
			}
		}
	}
	if err := json.Unmarshal(m.Data, &c); err != nil {
		return audit.Command{}, fmt.Errorf("message %d of SEND: %w", m.Seq, err)
	}
	worker := map[string]string{"email": "mailer", "sms": "texter"}[c.Channel]
	if worker == "" {
		return audit.Command{}, fmt.Errorf("message %d of SEND goes by %q, which no journey of this run uses", m.Seq, c.Channel)
	}
	return audit.Command{
		Seq: m.Seq, At: m.At, ID: c.ID, Profile: c.Profile, Journey: c.Journey, Order: c.Vars.Trigger.Order + c.Vars.Trigger.View, Worker: worker,
	}, nil
}
