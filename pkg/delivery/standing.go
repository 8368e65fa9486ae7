package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/message"
	"rapport/pkg/store"
)

// Standing is the last look at how a person stands now: consent that was withdrawn, an
// address that bounced or is on the suppression list, a journey that was left, or a person
// who was erased after the message was decided. Its Recheck is a pipeline's.
//
// The list keeps back everything on its channel, whatever the category and the grounds: who
// bounced gets nothing, and who complained, answered STOP or was erased wants nothing.
//
// Where another id has come to act for the one that a message was decided under, that one is
// looked at as well: a word may have been said under either, and the journeys are there.
type Standing struct {
	people    store.Standing
	codec     *journey.Codec
	set       func() *journey.Set
	partition func(profile string) int
	now       func() time.Time
}

// NewStanding makes the last look out of what the store knows and the journeys in force, which
// set returns; nil while there are none yet. partition is where a profile's state lies. now nil:
// time.Now.
func NewStanding(
	people store.Standing, codec *journey.Codec, set func() *journey.Set, partition func(profile string) int, now func() time.Time,
) *Standing {
	if now == nil {
		now = time.Now
	}
	return &Standing{people: people, codec: codec, set: set, partition: partition, now: now}
}

// Recheck says for each message why it must not go any more. A profile that is not there was
// erased: nothing goes to it. When the store fails, or a state cannot be read, nobody knows,
// so that the messages have to wait.
func (s *Standing) Recheck(ctx context.Context, commands []*message.Command) ([]message.Reason, error) {
	set := s.set()
	if set == nil {
		return nil, errors.New("last look: no journeys are in force yet")
	}
	sights, err := s.look(ctx, commands)
	if err != nil {
		return nil, err
	}
	reasons := make([]message.Reason, len(commands))
	for i, c := range commands {
		if len(sights[i].states) == 0 || sights[i].suppressed {
			reasons[i] = message.ReasonSuppressed
			continue
		}
		for _, st := range sights[i].states {
			reasons[i] = cmp.Or(reasons[i], set.Recheck(st, c, s.now()))
		}
	}
	return reasons, nil
}

// sight is what was seen of a person: the state of the id that the message was decided under, and
// those of the ids that act for it, none of one who is not there.
type sight struct {
	states     []*journey.State
	suppressed bool
}

// maxHops is how often a look follows from one id to the next. There is more than one of them
// only while ids are being joined.
const maxHops = 8

// look looks at everybody, and where another id acts for them, at that one.
func (s *Standing) look(ctx context.Context, commands []*message.Command) ([]sight, error) {
	seen := make([]sight, len(commands))
	looks, places := make([]store.Look, len(commands)), make([]int, len(commands)) // of looks in seen
	for i, c := range commands {
		places[i] = i
		looks[i].ProfileRef = store.ProfileRef{Partition: c.Partition, Profile: c.Profile}
		looks[i].Address = store.Address{Channel: c.Channel, Address: c.To}
	}
	for range maxHops {
		sights, err := s.people.Look(ctx, looks)
		if err != nil {
			return nil, fmt.Errorf("last look: %w", err)
		}
		if len(sights) != len(looks) {
			return nil, fmt.Errorf("last look: the store answered %d profiles with %d", len(looks), len(sights))
		}
		var next []store.Look
		var of []int
		for i := range sights {
			to := &seen[places[i]]
			to.suppressed = to.suppressed || sights[i].Suppressed
			switch {
			case sights[i].State == nil && len(to.states) > 0: // It hears of it next, or its erasure goes on to the first.
				return nil, errors.New("last look: the ids of a person are being joined")
			case sights[i].State == nil:
				continue
			}
			st, err := s.codec.Decode(sights[i].State)
			if err != nil {
				return nil, fmt.Errorf("last look: profile of message %s: %w", commands[places[i]].ID, err)
			}
			if to.states = append(to.states, st); st.Follows() {
				root := st.Identity.Into
				next = append(next, store.Look{ProfileRef: store.ProfileRef{Partition: s.partition(root), Profile: root}, Address: looks[i].Address})
				of = append(of, places[i])
			}
		}
		if len(next) == 0 {
			return seen, nil
		}
		looks, places = next, of
	}
	return nil, errors.New("last look: the ids of a person are being joined")
}
