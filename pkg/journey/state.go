package journey

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/profile"
)

// State is all that the engine knows about one profile.
type State struct {
	Profile   profile.Profile `cbor:"1,keyasint"`
	Instances []Instance      `cbor:"2,keyasint,omitempty"` // running, oldest first
	Entries   []Entries       `cbor:"3,keyasint,omitempty"` // by journey, in order of first entry
}

// NewState is the state of a subject at its first event.
func NewState(subject string, at time.Time) *State {
	return &State{Profile: *profile.New(subject, at)}
}

// Instance is one person's walk through one journey.
type Instance struct {
	ID      string    `cbor:"1,keyasint"`
	Journey string    `cbor:"2,keyasint"`
	Version string    `cbor:"3,keyasint"` // of the definition it entered with
	Key     string    `cbor:"4,keyasint,omitempty"`
	At      time.Time `cbor:"5,keyasint"` // when it entered
	Trigger Trigger   `cbor:"6,keyasint"`
	Step    string    `cbor:"7,keyasint"` // where it rests
	Due     time.Time `cbor:"8,keyasint"` // when it wakes
	Sent    []SentRef `cbor:"9,keyasint,omitempty"`
	// Suggestions are the answer to the latest recommend step.
	Suggestions []Suggestion `cbor:"10,keyasint,omitempty"`
}

// Suggestion is one product as templates see it.
type Suggestion struct {
	ID       string `cbor:"1,keyasint" json:"id"`
	Name     string `cbor:"2,keyasint,omitempty" json:"name,omitempty"`
	Category string `cbor:"3,keyasint,omitempty" json:"category,omitempty"`
	URL      string `cbor:"4,keyasint,omitempty" json:"url,omitempty"`
	ImageURL string `cbor:"5,keyasint,omitempty" json:"image_url,omitempty"`
}

// Entries remembers when a profile entered a journey, by key, for re-entry rules.
type Entries struct {
	Journey string   `cbor:"1,keyasint"`
	Keys    []uint64 `cbor:"2,keyasint"` // hashes, oldest entry first
	At      []int64  `cbor:"3,keyasint"` // Unix seconds, beside Keys
}

// maxEntries bounds what is remembered of one journey; the oldest entries are forgotten
// first, so that a key may enter again after so many others.
const maxEntries = 1024

func keyHash(key string) uint64 {
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(sum[:8])
}

// lastEntry is when the profile last entered the journey with the key.
func (s *State) lastEntry(journey, key string) (at time.Time, ok bool) {
	for i := range s.Entries {
		if e := &s.Entries[i]; e.Journey == journey {
			if k := slices.Index(e.Keys, keyHash(key)); k >= 0 {
				return time.Unix(e.At[k], 0).UTC(), true
			}
		}
	}
	return time.Time{}, false
}

func (s *State) noteEntry(journey, key string, at time.Time) {
	i := slices.IndexFunc(s.Entries, func(e Entries) bool { return e.Journey == journey })
	if i < 0 {
		s.Entries = append(s.Entries, Entries{Journey: journey})
		i = len(s.Entries) - 1
	}
	e, h := &s.Entries[i], keyHash(key)
	if k := slices.Index(e.Keys, h); k >= 0 {
		e.Keys, e.At = slices.Delete(e.Keys, k, k+1), slices.Delete(e.At, k, k+1)
	}
	e.Keys, e.At = append(e.Keys, h), append(e.At, at.Unix())
	if extra := len(e.Keys) - maxEntries; extra > 0 {
		e.Keys, e.At = slices.Delete(e.Keys, 0, extra), slices.Delete(e.At, 0, extra)
	}
}

// NextDue is when the earliest timer of the profile is due; zero when there is none.
func (s *State) NextDue() time.Time {
	var next time.Time
	for i := range s.Instances {
		if d := s.Instances[i].Due; !d.IsZero() && (next.IsZero() || d.Before(next)) {
			next = d
		}
	}
	return next
}

// running is the index of the oldest instance of the journey with the key, or -1.
func (s *State) running(journey, key string) int {
	return slices.IndexFunc(s.Instances, func(in Instance) bool { return in.Journey == journey && in.Key == key })
}

// Bounds on what an instance keeps of the event that entered it. A wholesale order has
// hundreds of lines; a mail shows twenty.
const (
	maxTriggerLines    = 20
	maxTriggerProducts = 100
)

// newTrigger keeps what conditions and templates will need of an event.
func newTrigger(e *event.Event, trace string) Trigger {
	t := Trigger{UID: e.UID(), Type: e.Type, At: e.Time, Data: e.Trimmed(maxTriggerLines), Trace: trace}
	if o, err := e.Order(); err == nil {
		for i := range o.Products {
			k := o.Products[i].Key()
			if o.Products[i].Sellable() && len(t.Products) < maxTriggerProducts && !slices.Contains(t.Products, k) {
				t.Products = append(t.Products, k)
			}
		}
	}
	return t
}
