package event

import "time"

// ProfileUpdate is what an event says about the person, in Data's ProfileProperty.
type ProfileUpdate struct {
	// Traits are merged over what is known; null removes one. Well-known names:
	// email, phone (E.164), first_name, last_name, timezone (IANA), locale, country.
	Traits map[string]any `json:"traits,omitempty"`
	// Consent entries are appended to the profile's ledger.
	Consent []ConsentUpdate `json:"consent,omitempty"`
}

// ConsentUpdate is one decision of a person about one purpose on one channel.
type ConsentUpdate struct {
	Channel string    `json:"channel"` // email, sms
	Purpose string    `json:"purpose"` // marketing, ...
	Granted bool      `json:"granted"`
	Source  string    `json:"source"` // where the person said so
	At      time.Time `json:"at,omitzero"`
}

// Profile reads the reserved property; nil when there is none. The update is shared:
// callers must not change it.
func (e *Event) Profile() (*ProfileUpdate, error) {
	b, err := e.decode()
	if err != nil {
		return nil, err
	}
	return b.Profile, nil
}
