package journey

import (
	"fmt"
	"time"

	"rapport/pkg/profile"
)

// LeftMerged ends the younger of two instances of one journey and key when two ids turn out to
// be one person.
const LeftMerged = "merged"

// Follows reports whether the profile's id points to another one, which the engine acts for.
func (s *State) Follows() bool { return s.Identity != nil && s.Identity.Into != "" }

// Yield takes the engine's state out of a profile that points to another one from now on, to be
// taken in there by Set.Absorb. What is left is the profile. The result holds no more of the
// person than the id and the segments; it is nil when there is nothing to move.
func (s *State) Yield() *State { return nil }

// View makes the profile of an id anew that others point to, after its parts have changed, and
// lets segments follow it.
func (s *Set) View(st *State, now time.Time) ([]Effect, error) { return s.Absorb(st, nil, now) }

// Absorb is View where another id, which points to this one now, has given up the engine's state
// of its own as well (Yield; nil: it had none). Of an id that points on itself only the profile
// is made anew: the engine's state is to be passed on.
func (s *Set) Absorb(st *State, from *State, now time.Time) ([]Effect, error) {
	return nil, st.view()
}

// Resume brings a profile back under the engine whose id followed another one and does so no
// longer: in silence, as it is brought under a new workspace.
func (s *Set) Resume(st *State, now time.Time) []Effect {
	st.Snapshot = ""
	return s.Refresh(st, now)
}

// view makes the profile of its parts, where there are others than its own.
func (s *State) view() error {
	if s.Identity == nil {
		return nil
	}
	stored := s.Identity.Profiles()
	if len(stored) == 0 {
		return nil
	}
	parts := make([]*profile.Profile, len(stored))
	for i, b := range stored {
		var err error
		if parts[i], err = profile.Decode(b); err != nil {
			return fmt.Errorf("part %d of %s: %w", i+1, s.Profile.ID, err)
		}
	}
	segments := s.Profile.Segments
	s.Profile = *profile.Join(s.Profile.ID, parts...)
	s.Profile.Segments = segments
	return nil
}
