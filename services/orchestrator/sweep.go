package orchestrator

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// sweeper remembers which rows of the outbox may go. They are removed a moment after they
// were published, many commits' at once: a removal for each commit, for which the relay
// waited, was a sixth of all transactions and held up the messages of the next commits.
// Until then a restart finds them again, and publishes them again under the same ids.
type sweeper struct {
	mu      sync.Mutex
	through map[int]uint64 // by partition
	wake    chan struct{}
	one     sync.Mutex // held while rows are removed
}

const (
	// sweepPause is how long published rows stay: long for a commit, short for people who
	// look whether everything is out.
	sweepPause = 100 * time.Millisecond
	// sweepers is how many removals are under way at once: a store that commits in groups
	// takes them together.
	sweepers = 16
)

func newSweeper() sweeper {
	return sweeper{through: map[int]uint64{}, wake: make(chan struct{}, 1)}
}

// add says that a partition's rows up to seq may go.
func (s *sweeper) add(partition int, seq uint64) {
	s.mu.Lock()
	s.through[partition] = max(s.through[partition], seq)
	s.mu.Unlock()
}

// poke says that there may be something to do.
func (s *sweeper) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *sweeper) take() map[int]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.through
	s.through = make(map[int]uint64, len(list))
	return list
}

// sweep removes published rows until ctx ends. What cannot be removed is tried again.
func (r *Relay) sweep(ctx context.Context) {
	rest := sweepPause
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.sweeper.wake:
		}
		if !pause(ctx, rest) {
			return
		}
		if err := r.clear(ctx); err == nil {
			rest = sweepPause
			continue
		} else if ctx.Err() == nil {
			rest = min(2*rest, relayLongest)
			r.log.WarnContext(ctx, "published messages not removed from the outbox, trying again", "after", rest, "error", err)
		}
		r.sweeper.poke()
	}
}

// clear removes what was published. Whoever comes while it does waits for it.
func (r *Relay) clear(ctx context.Context) error {
	r.sweeper.one.Lock()
	defer r.sweeper.one.Unlock()
	var clearing errgroup.Group
	clearing.SetLimit(sweepers)
	for p, seq := range r.sweeper.take() {
		clearing.Go(func() error {
			err := r.store.OutboxDone(ctx, p, seq)
			if err != nil {
				r.sweeper.add(p, seq)
				return fmt.Errorf("clear the outbox of partition %d: %w", p, err)
			}
			return nil
		})
	}
	return clearing.Wait() //nolint:wrapcheck // It is ours.
}
