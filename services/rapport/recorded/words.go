package recorded

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// Words says in a report what people's words are taken from.
const Words = "Events are kept without what they said about the person: traits are those of today, a consent that stands is taken to have stood all along, and one that was withdrawn up to its withdrawal."

// Lines says in a report what is left out of long orders.
const Lines = "Of orders with more lines than 20 the first 20 are kept, so that recommendations differ where orders are long."

// sayings are what a person said, and is yet to say again.
type sayings struct {
	traits  map[string]any
	consent []event.ConsentUpdate // standing from the first event on
	later   []event.ConsentUpdate // withdrawals, with their times
	began   bool
	own     bool // the events carry it themselves
}

func sayingsOf(p *profile.Profile) *sayings {
	w := &sayings{traits: p.Traits}
	for _, k := range p.Consent {
		u := event.ConsentUpdate{Channel: string(k.Channel), Purpose: k.Purpose, Granted: true, Source: k.Source}
		if k.At.After(p.Since) || k.Granted {
			w.consent = append(w.consent, u)
		}
		if !k.Granted {
			u.Granted, u.At = false, k.At
			w.later = append(w.later, u)
		}
	}
	return w
}

// say puts on an event what is due to be said with it.
func (w *sayings) say(ev *event.Event) error {
	if w.own || bytes.Contains(ev.Data, []byte(`"`+event.ProfileProperty+`"`)) {
		w.own = true
		return nil
	}
	var u event.ProfileUpdate
	if !w.began {
		w.began = true
		u.Traits, u.Consent = w.traits, w.consent
	}
	var rest []event.ConsentUpdate
	for _, c := range w.later {
		if c.At.After(ev.Time) {
			rest = append(rest, c)
			continue
		}
		if c.At.Before(ev.Time) {
			c.At = time.Time{} // of the event: an older word would not count
		}
		u.Consent = append(u.Consent, c)
	}
	w.later = rest
	if len(u.Traits)+len(u.Consent) == 0 {
		return nil
	}
	return with(ev, &u)
}

// with puts an update into an event's data.
func with(ev *event.Event, u *event.ProfileUpdate) error {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(ev.Data, &all); err != nil {
		return fmt.Errorf("read the data of event %s: %w", ev.UID(), err)
	}
	said, err := json.Marshal(u)
	if err == nil {
		all[event.ProfileProperty] = said
		ev.Data, err = json.Marshal(all)
	}
	if err != nil {
		return fmt.Errorf("put what the person said on event %s: %w", ev.UID(), err)
	}
	return nil
}
