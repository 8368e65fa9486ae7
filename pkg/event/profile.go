package event

import (
	"time"
	"unicode/utf8"
)

// ProfileUpdate is what an event says about the person, in Data's ProfileProperty.
type ProfileUpdate struct {
	// Traits are merged over what is known; null removes one. Well-known names:
	// email, phone (E.164), first_name, last_name, timezone (IANA), locale, country.
	Traits map[string]any `json:"traits,omitempty"`
	// Consent entries are appended to the profile's ledger.
	Consent []ConsentUpdate `json:"consent,omitempty"`
	// Also are other ids of the same person, such as the one that a browser had given them
	// before they were known (package identity).
	Also []string `json:"also,omitempty"`
}

// ConsentUpdate is one decision of a person about one purpose on one channel.
type ConsentUpdate struct {
	Channel string    `json:"channel"` // email, sms, whatsapp, or Everything
	Purpose string    `json:"purpose"` // marketing, ...; Everything where it is withdrawn
	Granted bool      `json:"granted"`
	Source  string    `json:"source"` // where the person said so
	At      time.Time `json:"at,omitzero"`
	// Proof is what shows that the person said so: the form, its wording, the address of
	// their computer; free text of at most MaxProof bytes.
	Proof string `json:"proof,omitempty"`
	// Confirmed marks the second step of a double opt-in: that the address is theirs.
	Confirmed bool `json:"confirmed,omitempty"`
}

// Everything stands for all channels that people are written to on, and for all purposes of a
// channel. Nobody can agree to all purposes, those to come among them; all can be withdrawn.
const Everything = "*"

// MaxProof is the longest proof of consent that is kept, in bytes.
const MaxProof = 500

// CutProof is a proof of consent as it is kept: cut, between two characters, where it is too
// long.
func CutProof(s string) string {
	if len(s) <= MaxProof {
		return s
	}
	end := MaxProof
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
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
