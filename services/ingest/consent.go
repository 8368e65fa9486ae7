package ingest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// consent reads context.consent, in Rapport's form (a list of decisions) or in
// Segment's (https://segment.com/docs/privacy/consent-management/, an object with
// categoryPreferences). A decision that does not say where or when it was made was
// made at the source, at the time of the event.
func (o *origin) consent(raw json.RawMessage, at time.Time) ([]event.ConsentUpdate, *fieldError) {
	const field = "context.consent"
	switch kind(raw) {
	case "", "null":
		return nil, nil
	case "array":
		return o.decisions(field, raw, at)
	case "object":
		return preferences(field, raw, o.key.Source, at)
	}
	return nil, wrong(field, "is %s, must be a list of {channel, purpose, granted, source, at, proof, confirmed}", describe(raw))
}

// decision is event.ConsentUpdate before its fields are known to be of their types.
type decision struct {
	Channel, Purpose, Granted, Source, At, Proof, Confirmed json.RawMessage
}

func (o *origin) decisions(field string, raw json.RawMessage, at time.Time) ([]event.ConsentUpdate, *fieldError) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, wrong(field, "cannot be read: %v", err)
	}
	var out []event.ConsentUpdate
	for i, item := range items {
		here := itemField(field, i)
		d, ok := scanDecision(item)
		if !ok {
			d = decision{}
			ok = kind(item) == "object" && json.Unmarshal(item, &d) == nil
		}
		if !ok {
			return nil, wrong(here, "is %s, must be an object with channel, purpose and granted", describe(item))
		}
		u, err := d.update(here, o.key.Source, at)
		if err != nil {
			return nil, err
		}
		u.At = o.notAhead(u.At) // else it would be the latest word for years
		if o.key.Browser && (u.Proof != "" || u.Confirmed) {
			return nil, wrong(here, "has a proof or a confirmation, and the write key is one for browsers: only a server can vouch for those").because(forbidden)
		}
		out = append(out, u)
	}
	return out, nil
}

func (d *decision) update(field, source string, at time.Time) (u event.ConsentUpdate, err *fieldError) {
	if u.Channel, err = text(field+".channel", d.Channel); err != nil {
		return u, err
	}
	if u.Purpose, err = text(field+".purpose", d.Purpose); err != nil {
		return u, err
	}
	if kind(d.Granted) != "boolean" {
		return u, wrong(field+".granted", "is missing or not true or false: consent is never assumed")
	}
	u.Granted = strings.TrimSpace(string(d.Granted)) == "true"
	if u.Source, err = text(field+".source", d.Source); err != nil {
		return u, err
	}
	if u.Source == "" {
		u.Source = source
	}
	u.At = at
	if said := first(d.At); said != nil {
		if u.At, err = timestamp(field+".at", said); err != nil {
			return u, err
		}
	}
	if u.Proof, err = text(field+".proof", d.Proof); err != nil {
		return u, err
	}
	u.Proof = event.CutProof(u.Proof)
	switch k := kind(d.Confirmed); k {
	case "", "null":
	case "boolean":
		u.Confirmed = strings.TrimSpace(string(d.Confirmed)) == "true"
	default:
		return u, wrong(field+".confirmed", "is %s, must be true or false", describe(d.Confirmed))
	}
	return u, checkConsent(field, u)
}

func checkConsent(field string, u event.ConsentUpdate) *fieldError {
	switch {
	case !slices.Contains(channels(), u.Channel) && u.Channel != event.Everything:
		return wrong(field+".channel", "is %q, must be \"email\", \"sms\", \"whatsapp\", or \"*\" for all of them", u.Channel)
	case u.Purpose == "":
		return wrong(field+".purpose", "is missing: name what the person agreed to, such as \"marketing\"")
	case u.Purpose == event.Everything && u.Granted:
		return wrong(field+".purpose", "is \"*\", which can only be withdrawn (granted: false): name what the person agreed to, such as \"marketing\"")
	case u.Confirmed && !u.Granted:
		return wrong(field+".confirmed", "is true, and granted is false: only a yes can be confirmed")
	}
	return nil
}

// channels are those on which people are asked for consent.
func channels() []string {
	return []string{string(message.Email), string(message.SMS), string(message.WhatsApp)}
}

func preferences(field string, raw json.RawMessage, source string, at time.Time) ([]event.ConsentUpdate, *fieldError) {
	var o struct {
		CategoryPreferences json.RawMessage `json:"categoryPreferences"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, wrong(field, "cannot be read: %v", err)
	}
	field += ".categoryPreferences"
	var granted map[string]json.RawMessage
	switch kind(o.CategoryPreferences) {
	case "", "null":
		return nil, nil
	case "object":
		if err := json.Unmarshal(o.CategoryPreferences, &granted); err != nil {
			return nil, wrong(field, "cannot be read: %v", err)
		}
	default:
		return nil, wrong(field, "is %s, must be an object of category: true or false", describe(o.CategoryPreferences))
	}
	var out []event.ConsentUpdate
	for _, category := range slices.Sorted(maps.Keys(granted)) {
		value := granted[category]
		if category == "" || kind(value) != "boolean" {
			return nil, wrong(field+"."+category, "is %s, must be true or false", describe(value))
		}
		where := channels()
		if string(value) == "true" {
			where = []string{string(message.Email), string(message.SMS)}
		}
		for _, channel := range where {
			out = append(out, event.ConsentUpdate{
				Channel: channel, Purpose: category, Granted: string(value) == "true", Source: source, At: at,
			})
		}
	}
	return out, nil
}
