package invoices

import (
	"encoding/json"
	"fmt"

	"rapport/pkg/event"
)

// Source is what the door calls those who replay, so that an invoice's event has one
// identity whichever way it comes.
const Source = "replay"

// Event is the event that the HTTP door makes of the invoice's Call, without going through
// it.
func (i *Invoice) Event() (*event.Event, error) {
	c := i.Call()
	properties, err := json.Marshal(c.Properties)
	if err != nil {
		return nil, fmt.Errorf("invoice %s: %w", i.Number, err)
	}
	ev := &event.Event{
		ID: c.MessageID, Source: Source, Type: event.TypeFromName(c.Event), Subject: c.UserID, Time: c.Timestamp.UTC(), Data: properties,
	}
	if c.UserID == "" {
		ev.Subject = event.AnonymousPrefix + c.AnonymousID
	}
	if about := c.Context; about != nil {
		u := event.ProfileUpdate{Traits: map[string]any{
			"email": about.Traits.Email, "phone": about.Traits.Phone, "timezone": about.Timezone, "locale": about.Locale,
		}}
		for _, k := range about.Consent {
			u.Consent = append(u.Consent, event.ConsentUpdate{Channel: k.Channel, Purpose: k.Purpose, Granted: k.Granted, Source: k.Source})
		}
		said, err := json.Marshal(u)
		if err != nil {
			return nil, fmt.Errorf("invoice %s: %w", i.Number, err)
		}
		ev.Data = fmt.Appendf(properties[:len(properties)-1:len(properties)-1], ",%q:%s}", event.ProfileProperty, said)
	}
	if err := ev.Validate(); err != nil {
		return nil, fmt.Errorf("invoice %s: %w", i.Number, err)
	}
	return ev, nil
}
