package orchestrator

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"rapport/pkg/journey"
	"rapport/pkg/store"
)

func TestTurnsAreBounded(t *testing.T) {
	t.Parallel()
	turns := make(turns, 2)
	first, err := turns.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := turns.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancelCause(t.Context())
	why := errors.New("the lease is lost")
	stop(why)
	if _, err := turns.take(stopped); !errors.Is(err, why) {
		t.Errorf("a third turn, with nobody to wait for it any more: %v, want %v", err, why)
	}
	first()
	first() // Gives back nothing more: the second turn is somebody else's.
	if len(turns) != 1 {
		t.Fatalf("%d turns are taken, want 1", len(turns))
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := turns.take(soon); err != nil {
		t.Errorf("a turn that was given back cannot be taken: %v", err)
	}
}

// A batch that fails must not keep its turn, or a few that fail again and again would stop
// every other partition.
func TestFailedBatchGivesItsTurnBack(t *testing.T) {
	t.Parallel()
	t.Run("whose profiles cannot be loaded", func(t *testing.T) {
		t.Parallel()
		o := &Orchestrator{turns: make(turns, 1), relay: &Relay{}}
		o.Store, o.Journeys = unreadable{}, func() *journey.Set { return nil }
		_, err := (&worker{o: o, care: newCaution()}).prepare(t.Context(), slices.Repeat([]input{{tick: true}}, crowd), time.Time{})
		if !errors.Is(err, errUnreadable) {
			t.Fatalf("prepared although %v", err)
		}
		if len(o.turns) != 0 {
			t.Error("the turn was not given back")
		}
	})
	t.Run("on which the engine panics", func(t *testing.T) {
		t.Parallel()
		turns := make(turns, 1)
		yield, err := turns.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if recover() == nil {
				t.Error("nothing panicked")
			}
			if len(turns) != 0 {
				t.Error("the turn was not given back")
			}
		}()
		b := &batch{w: &worker{o: &Orchestrator{}}, yield: yield}
		_, _ = b.apply(t.Context(), []input{{event: nil}}, time.Time{})
	})
}

var errUnreadable = errors.New("the store cannot be read")

// unreadable tells of one timer that is due, and of nobody's state.
type unreadable struct{ Store }

func (unreadable) Due(context.Context, int, time.Time, int) ([]store.Wake, error) {
	return []store.Wake{{Profile: "ann", Due: time.Unix(1, 0)}}, nil
}

func (unreadable) Load(context.Context, int, []store.Want) ([]store.Loaded, error) {
	return nil, errUnreadable
}
