package journey

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"rapport/pkg/event"
	"rapport/pkg/identity"
	"rapport/pkg/policy"
	"rapport/pkg/profile"
)

// State is all that the engine knows about one profile. Its stored form is that of the tags,
// which form.go follows.
type State struct {
	Profile   profile.Profile `cbor:"1,keyasint"`
	Instances []Instance      `cbor:"2,keyasint,omitempty"` // running, oldest first
	Entries   []Entries       `cbor:"3,keyasint,omitempty"` // by journey, in order of first entry
	// Snapshot is the version of the workspace that the state was last refreshed with.
	Snapshot string `cbor:"4,keyasint,omitempty"`
	// Log is what was sent lately, as far as caps count it; nil: nothing.
	Log *policy.Log `cbor:"5,keyasint,omitempty"`
	// Triggers are the events that instances entered with, each once.
	Triggers []Trigger  `cbor:"6,keyasint,omitempty"`
	Goals    []Pursuit  `cbor:"7,keyasint,omitempty"`
	Sorted   []Sorting  `cbor:"8,keyasint,omitempty"`
	Starts   []Start    `cbor:"9,keyasint,omitempty"`
	Gone     []Departed `cbor:"10,keyasint,omitempty"` // who left lately, oldest first
	Held     []Held     `cbor:"11,keyasint,omitempty"`
	// Identity is the place of the profile's id among the ids of its person; nil for who has
	// only the one. While others point to it, Profile is the join of what all of them know.
	Identity *identity.Node `cbor:"12,keyasint,omitempty"`
}

// NewState is the state of a subject at its first event.
func NewState(subject string, at time.Time) *State {
	return &State{Profile: *profile.New(subject, at)}
}

// Instance is one person's walk through one journey.
type Instance struct {
	ID      string    `cbor:"1,keyasint"`
	Journey string    `cbor:"2,keyasint"`
	Version string    `cbor:"3,keyasint"` // of the definition it walks by
	Key     string    `cbor:"4,keyasint,omitempty"`
	At      time.Time `cbor:"5,keyasint"` // when it entered
	Trigger string    `cbor:"6,keyasint"` // uid of the event that it entered with
	Step    string    `cbor:"7,keyasint"` // where it rests
	Due     time.Time `cbor:"8,keyasint"` // when it wakes; zero: never by itself
	Sent    []SentRef `cbor:"9,keyasint,omitempty"`
	// Suggestions are the answer to the latest recommend step.
	Suggestions []Suggestion `cbor:"10,keyasint,omitempty"`
	Arms        []ArmRef     `cbor:"11,keyasint,omitempty"`
	Ghost       bool         `cbor:"12,keyasint,omitempty"`
	Since       time.Time    `cbor:"13,keyasint,omitzero"` // when it came to Step
	// Check is when the answer of a rule that it leaves by could change without an event, and
	// Look the same of the condition that it waits for; zero: never.
	Check time.Time `cbor:"14,keyasint,omitzero"`
	Look  time.Time `cbor:"17,keyasint,omitzero"`
	// FellDue is when something happened to it that its paused journey keeps for later: its
	// timer, or, with Heard, the event it waited for (its number, from one), or that it was
	// moved to a step of another kind (anew).
	FellDue time.Time `cbor:"15,keyasint,omitzero"`
	Heard   int       `cbor:"16,keyasint,omitempty"`
	// Owed is when it should have come to the recommendation that it rests on: what is late
	// before an answer is late after it.
	Owed time.Time `cbor:"18,keyasint,omitzero"`
}

// anew is what Heard says of an instance that has yet to come to its step.
const anew = -1

// Suggestion is one product as templates see it.
type Suggestion struct {
	ID       string `cbor:"1,keyasint" json:"id"`
	Name     string `cbor:"2,keyasint,omitempty" json:"name,omitempty"`
	Category string `cbor:"3,keyasint,omitempty" json:"category,omitempty"`
	URL      string `cbor:"4,keyasint,omitempty" json:"url,omitempty"`
	ImageURL string `cbor:"5,keyasint,omitempty" json:"image_url,omitempty"`
}

// Pursuit is a goal that an instance, running or ended, may still reach.
type Pursuit struct {
	Instance string    `cbor:"1,keyasint"`
	Journey  string    `cbor:"2,keyasint"`
	Version  string    `cbor:"3,keyasint"`
	Until    time.Time `cbor:"4,keyasint"`
	Ghost    bool      `cbor:"5,keyasint,omitempty"`
	Arms     []ArmRef  `cbor:"6,keyasint,omitempty"`
	// Trigger and Sent are those of an instance that has ended, where the goal recalls them.
	Trigger string    `cbor:"7,keyasint,omitempty"`
	Sent    []SentRef `cbor:"8,keyasint,omitempty"`
}

// Sorting says by which version of a segment the profile was sorted, and when its
// membership could change by time alone.
type Sorting struct {
	Segment string    `cbor:"1,keyasint"`
	Version string    `cbor:"2,keyasint"`
	Next    time.Time `cbor:"3,keyasint,omitzero"`
	// Flips is how often the profile left the segment at the very instant, Flipped, at which
	// it had entered: what happens again then has another id.
	Flipped int64 `cbor:"4,keyasint,omitempty"` // Unix nanoseconds
	Flips   int   `cbor:"5,keyasint,omitempty"`
}

// Start is the timer of a journey that dates or broadcasts enter. At is zero where there is
// nothing more to come and what has come is not to come again.
type Start struct {
	Journey string    `cbor:"1,keyasint"`
	At      time.Time `cbor:"2,keyasint,omitzero"`
	// After is the time up to which occurrences are dealt with.
	After time.Time `cbor:"3,keyasint"`
	// Reading is what local clocks read at the occurrence that At is of, and Passed at the
	// last that was dealt with: nobody has it twice who goes west. Zero: nothing goes by them.
	Reading int64 `cbor:"4,keyasint,omitempty"`
	Passed  int64 `cbor:"5,keyasint,omitempty"`
}

// Departed is an instance that a rule took out of its journey: what it had decided and
// what is not sent yet stays unsent.
type Departed struct {
	Instance string    `cbor:"1,keyasint"`
	At       time.Time `cbor:"2,keyasint"`
}

// Held is an event that would have entered a journey, had its condition held; it is asked
// again until a time.
type Held struct {
	Journey string    `cbor:"1,keyasint"`
	Source  string    `cbor:"2,keyasint"`
	ID      string    `cbor:"3,keyasint"`
	Type    string    `cbor:"4,keyasint"`
	At      time.Time `cbor:"5,keyasint"`
	Data    []byte    `cbor:"6,keyasint,omitempty"`
	Trace   string    `cbor:"7,keyasint,omitempty"`
	Until   time.Time `cbor:"8,keyasint"`
}

// Bounds on what is remembered of one profile; the oldest is forgotten first.
const (
	maxInside = 1024 // instances; of whoever is inside so often, no other begins
	maxGoals  = 256
	maxGone   = 32
	maxHeld   = 16
	goneFor   = 7 * 24 * time.Hour
)

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

// earlier is the earlier of two times of which either may be zero, for never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// next is when the instance's earliest timer is due.
func (in *Instance) next() time.Time { return earlier(in.Due, earlier(in.Check, in.Look)) }

// NextDue is when the earliest timer of the profile is due; zero when there is none.
func (s *State) NextDue() time.Time {
	var next time.Time
	for i := range s.Instances {
		next = earlier(next, s.Instances[i].next())
	}
	for i := range s.Sorted {
		next = earlier(next, s.Sorted[i].Next)
	}
	for i := range s.Starts {
		next = earlier(next, s.Starts[i].At)
	}
	return next
}

// running is the index of the oldest instance of the journey with the key, or -1.
func (s *State) running(journey, key string) int {
	return slices.IndexFunc(s.Instances, func(in Instance) bool { return in.Journey == journey && in.Key == key })
}

// index is the place of an instance, or -1.
func (s *State) index(instance string) int {
	return slices.IndexFunc(s.Instances, func(in Instance) bool { return in.ID == instance })
}

// trigger is the event that an instance entered with.
func (s *State) trigger(uid string) *Trigger {
	for i := range s.Triggers {
		if s.Triggers[i].UID == uid {
			return &s.Triggers[i]
		}
	}
	return nil
}

// tidy forgets triggers that no instance and no goal has any more.
func (s *State) tidy() {
	s.Triggers = slices.DeleteFunc(s.Triggers, func(t Trigger) bool {
		return !slices.ContainsFunc(s.Instances, func(in Instance) bool { return in.Trigger == t.UID }) &&
			!slices.ContainsFunc(s.Goals, func(g Pursuit) bool { return g.Trigger == t.UID })
	})
}

// last keeps the last n of a list.
func last[T any](list []T, n int) []T {
	if extra := len(list) - n; extra > 0 {
		return slices.Delete(list, 0, extra)
	}
	return list
}

// Bounds on what is kept of the event that entered an instance. A wholesale order has
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
