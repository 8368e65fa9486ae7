package profile

import (
	"time"

	"github.com/shopspring/decimal"

	"rapport/pkg/event"
	"rapport/pkg/message"
)

// Profile is one customer. The short CBOR keys are its stored form, which form.go follows: a
// number is never given another meaning.
type Profile struct {
	ID     string         `cbor:"1,keyasint"`
	Known  bool           `cbor:"2,keyasint,omitempty"` // has a customer id, not only an anonymous one
	Since  time.Time      `cbor:"3,keyasint"`           // time of the first event
	Traits map[string]any `cbor:"4,keyasint,omitempty"` // JSON values by name
	// Consent is the latest word for each channel and purpose, sorted by these.
	Consent []Consent `cbor:"5,keyasint,omitempty"`
	// Blocked are addresses that must not be used, whatever the consent: those that bounced
	// for good, those whose owner complained or opted out, and all of an erased person's. Ask
	// Barred: a block may be about another address than the present one, and may be lifted.
	Blocked []Block `cbor:"6,keyasint,omitempty"`
	Orders  Orders  `cbor:"7,keyasint"`
	// History is what happened, bounded in size.
	History History `cbor:"8,keyasint,omitempty"`
	// Tags are the words that were put on the person, sorted; at most maxWords.
	Tags    []string `cbor:"9,keyasint,omitempty"`
	Loyalty Loyalty  `cbor:"10,keyasint,omitzero"`
	// Predictions are the latest figures of models by name, such as churn_risk.
	Predictions map[string]float64 `cbor:"11,keyasint,omitempty"`
	// Segments are those that the person is in now, sorted by name. Who evaluates segments
	// writes them; no event does.
	Segments []Membership `cbor:"12,keyasint,omitempty"`
	// Words remember when each tag was last spoken of and each prediction last made, so that
	// what arrives late does not undo what is newer.
	Words []Word `cbor:"13,keyasint,omitempty"`
	// PausedUntil is until when the person asked not to be written to, as they said at
	// PausedAt; zero: they did not, or ended the pause then.
	PausedUntil time.Time `cbor:"14,keyasint,omitzero"`
	PausedAt    time.Time `cbor:"15,keyasint,omitzero"`
	// WriteLess is set when the person asked for fewer messages, as they said at WriteLessAt.
	WriteLess   bool      `cbor:"16,keyasint,omitempty"`
	WriteLessAt time.Time `cbor:"17,keyasint,omitzero"`
	// Ledger is what the person said about consent, oldest first: the first and the last 50
	// words. Consent is what follows of them, and of those that were forgotten.
	Ledger []Statement `cbor:"18,keyasint,omitempty"`
	// Troubles are addresses that may have to be given up.
	Troubles []Trouble `cbor:"19,keyasint,omitempty"`
	// TraitsAt is when the latest event told of a trait, in Unix nanoseconds: of all but those
	// in Told, which were told of at another time, or taken away (told.go). Sorted by name.
	TraitsAt int64  `cbor:"20,keyasint,omitempty"`
	Told     []Word `cbor:"21,keyasint,omitempty"`
	// Voices are what was said about consent under several addresses, in a profile that is
	// the join of several; Consent is what follows of it (voice.go).
	Voices []Voice `cbor:"22,keyasint,omitempty"`
}

// Loyalty is the person's standing in the shop's programme.
type Loyalty struct {
	Points int64     `cbor:"1,keyasint,omitempty"`
	Tier   string    `cbor:"2,keyasint,omitempty"`
	TierAt time.Time `cbor:"3,keyasint,omitzero"` // when the tier was last another one
}

// Membership is being in a segment.
type Membership struct {
	Name  string    `cbor:"1,keyasint"`
	Since time.Time `cbor:"2,keyasint"`
}

// In reports whether the person is in the segment.
func (p *Profile) In(segment string) bool {
	for i := range p.Segments {
		if p.Segments[i].Name == segment {
			return true
		}
	}
	return false
}

// Orders sums up what was bought.
type Orders struct {
	Count    int             `cbor:"1,keyasint,omitempty"`
	Refunds  int             `cbor:"2,keyasint,omitempty"`
	Total    decimal.Decimal `cbor:"3,keyasint"` // of completed orders, refunds not taken off
	Refunded decimal.Decimal `cbor:"4,keyasint"`
	FirstAt  time.Time       `cbor:"5,keyasint,omitzero"`
	LastAt   time.Time       `cbor:"6,keyasint,omitzero"`
	LastID   string          `cbor:"7,keyasint,omitempty"`
	// Bought are the products' keys, sorted, each once, at most maxBought.
	Bought Keys `cbor:"8,keyasint,omitzero"`
}

// maxBought bounds the memory of what a profile bought. The smallest keys are forgotten first:
// where shops number their products, those are the oldest of them.
const maxBought = 4096

// New returns the profile of a subject that is seen for the first time.
func New(subject string, at time.Time) *Profile {
	known := len(subject) < len(event.AnonymousPrefix) || subject[:len(event.AnonymousPrefix)] != event.AnonymousPrefix
	return &Profile{ID: subject, Known: known, Since: at}
}

// Trait returns a trait as text, empty when it is missing or no text.
func (p *Profile) Trait(name string) string {
	s, _ := p.Traits[name].(string)
	return s
}

// Address is where the channel reaches the person: the e-mail address or the phone
// number in E.164; empty when unknown.
func (p *Profile) Address(c message.Channel) string {
	switch c {
	case message.Email:
		return p.Trait("email")
	case message.SMS, message.WhatsApp:
		return p.Trait("phone")
	}
	return ""
}
