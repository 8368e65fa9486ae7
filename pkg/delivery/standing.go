package delivery

import (
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
type Standing struct {
	people store.Standing
	codec  *journey.Codec
	set    func() *journey.Set
	now    func() time.Time
}

// NewStanding makes the last look out of what the store knows and the journeys in force, which
// set returns; nil while there are none yet. now nil: time.Now.
func NewStanding(people store.Standing, codec *journey.Codec, set func() *journey.Set, now func() time.Time) *Standing {
	if now == nil {
		now = time.Now
	}
	return &Standing{people: people, codec: codec, set: set, now: now}
}

// Recheck says for each message why it must not go any more. A profile that is not there was
// erased: nothing goes to it. When the store fails, or a state cannot be read, nobody knows,
// so that the messages have to wait.
func (s *Standing) Recheck(ctx context.Context, commands []*message.Command) ([]message.Reason, error) {
	set := s.set()
	if set == nil {
		return nil, errors.New("last look: no journeys are in force yet")
	}
	looks := make([]store.Look, len(commands))
	for i, c := range commands {
		looks[i].ProfileRef = store.ProfileRef{Partition: c.Partition, Profile: c.Profile}
		looks[i].Address = store.Address{Channel: c.Channel, Address: c.To}
	}
	sights, err := s.people.Look(ctx, looks)
	if err != nil {
		return nil, fmt.Errorf("last look: %w", err)
	}
	if len(sights) != len(looks) {
		return nil, fmt.Errorf("last look: the store answered %d profiles with %d", len(looks), len(sights))
	}
	reasons := make([]message.Reason, len(commands))
	for i, c := range commands {
		if sights[i].State == nil || sights[i].Suppressed {
			reasons[i] = message.ReasonSuppressed
			continue
		}
		st, err := s.codec.Decode(sights[i].State)
		if err != nil {
			return nil, fmt.Errorf("last look: profile of message %s: %w", c.ID, err)
		}
		reasons[i] = set.Recheck(st, c, s.now())
	}
	return reasons, nil
}
