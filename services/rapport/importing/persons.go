package importing

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"rapport/pkg/client"
	"rapport/pkg/event"
	"rapport/pkg/message"
)

// ConsentImported is the type of events that say what a file says about consent.
const ConsentImported = "consent.imported"

// profile makes the call of a row about a person.
func (r *reading) profile() ([]client.Call, *Refusal) {
	p := r.person()
	subject := r.subject(p)
	data := "{}"
	if about := r.describe(p); about != "" {
		data = `{"` + event.ProfileProperty + `":` + about + "}"
	}
	at := r.time("at")
	return []client.Call{{
		ID: idOf("profile", subject, data, r.text("at")), Type: event.ProfileIdentified, Subject: subject, Time: at, Data: json.RawMessage(data),
	}}, nil
}

// consent makes the call of a row about what a person agreed to. Its id is derived from all that the
// row says.
func (r *reading) consent() ([]client.Call, *Refusal) {
	p := r.person()
	subject := r.subject(p)
	channel, purpose := r.needed("channel", ""), r.needed("purpose", "")
	r.needed("granted", "")
	_, granted := r.flag("granted")
	r.needed("at", ": say when they said so")
	at := r.time("at")
	source := r.needed("source", ": say where they said so")
	proof := r.needed("proof", ": say what shows that they agreed, such as the form and its wording")
	_, confirmed := r.flag("confirmed")
	switch {
	case len(proof) > event.MaxProof:
		r.wrong("proof", "has %d bytes, at most %d are kept: name a document instead", len(proof), event.MaxProof)
	case !slices.Contains([]message.Channel{message.Email, message.SMS, message.WhatsApp}, message.Channel(channel)):
		r.wrong("channel", "is %q: use email, sms or whatsapp", channel)
	case confirmed && !granted:
		r.wrong("confirmed", "is true, and granted is false: only a yes can be confirmed")
	case granted && purpose == event.Everything:
		r.wrong("purpose", "is \"*\", which can only be withdrawn: name what the person agreed to")
	}
	when := at.Format(time.RFC3339Nano)
	update := event.ProfileUpdate{Consent: []event.ConsentUpdate{{
		Channel: channel, Purpose: purpose, Granted: granted, Source: source, At: at, Proof: proof, Confirmed: confirmed,
	}}}
	if p.email != "" {
		update.Traits = map[string]any{"email": p.email}
	}
	return []client.Call{{
		ID:   message.Hash("consent", subject, channel, purpose, strconv.FormatBool(granted), strconv.FormatBool(confirmed), when, source, proof),
		Type: ConsentImported, Subject: subject, Time: at, Person: update,
	}}, nil
}
