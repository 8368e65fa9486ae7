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
// address that bounced, a journey that was left, or a person who was erased after the
// message was decided. Its Recheck is a pipeline's.
type Standing struct {
	states store.Standing
	codec  *journey.Codec
	set    func() *journey.Set
	now    func() time.Time
}

// NewStanding makes the last look out of the store's states and the journeys in force, which
// set returns; nil while there are none yet. now nil: time.Now.
func NewStanding(states store.Standing, codec *journey.Codec, set func() *journey.Set, now func() time.Time) *Standing {
	if now == nil {
		now = time.Now
	}
	return &Standing{states: states, codec: codec, set: set, now: now}
}

// Recheck says for each message why it must not go any more. A profile that is not there was
// erased: nothing goes to it. When the store fails, or a state cannot be read, nobody knows,
// so that the messages have to wait.
func (s *Standing) Recheck(ctx context.Context, commands []*message.Command) ([]message.Reason, error) {
	set := s.set()
	if set == nil {
		return nil, errors.New("last look: no journeys are in force yet")
	}
	refs := make([]store.ProfileRef, len(commands))
	for i, c := range commands {
		refs[i] = store.ProfileRef{Partition: c.Partition, Profile: c.Profile}
	}
	states, err := s.states.States(ctx, refs)
	if err != nil {
		return nil, fmt.Errorf("last look: %w", err)
	}
	if len(states) != len(refs) {
		return nil, fmt.Errorf("last look: the store answered %d profiles with %d", len(refs), len(states))
	}
	reasons := make([]message.Reason, len(commands))
	for i, c := range commands {
		if states[i] == nil {
			reasons[i] = message.ReasonSuppressed
			continue
		}
		st, err := s.codec.Decode(states[i])
		if err != nil {
			return nil, fmt.Errorf("last look: profile of message %s: %w", c.ID, err)
		}
		reasons[i] = set.Recheck(st, c, s.now())
	}
	return reasons, nil
}
