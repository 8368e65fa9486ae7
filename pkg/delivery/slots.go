package delivery

import (
	"context"
	"slices"
	"sync"
)

// slots bounds how many messages the provider has in its hands. Whoever waits for one stands
// in one of two lines, by whether somebody waits for the message: an order's confirmation is
// not behind all of a campaign that a worker has in hand. Within a line the first is first.
type slots struct {
	mu            sync.Mutex
	free          int
	urgent, usual []*waiter
	ahead         int // urgent ones in a row that were let past a usual one
}

// waiter stands in line; let is closed when it has a slot.
type waiter struct{ let chan struct{} }

// overtakes is how many urgent messages may pass a usual one before one of those goes. So
// advertisements have a fifth of the slots, however many urgent messages there are.
const overtakes = 4

// take waits for a slot, until ctx ends or stopping is closed.
func (s *slots) take(ctx context.Context, stopping <-chan struct{}, urgent bool) error {
	s.mu.Lock()
	if s.free > 0 { // Then nobody stands in line.
		s.free--
		s.mu.Unlock()
		return nil
	}
	w := &waiter{let: make(chan struct{})}
	line := s.line(urgent)
	*line = append(*line, w)
	s.mu.Unlock()
	select {
	case <-w.let:
		return nil
	case <-stopping:
		s.withdraw(w, urgent)
		return ErrStopping
	case <-ctx.Done():
		s.withdraw(w, urgent)
		return ctx.Err()
	}
}

// try takes a slot that is free, if there is one.
func (s *slots) try() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// withdraw takes one out of line. When it was let in a moment ago its slot is another one's.
func (s *slots) withdraw(w *waiter, urgent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := s.line(urgent)
	if i := slices.Index(*line, w); i >= 0 {
		*line = slices.Delete(*line, i, i+1)
		return
	}
	s.next()
}

// give gives a slot back.
func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next()
}

// next lets the next one have a slot that nobody has.
func (s *slots) next() {
	urgent := len(s.urgent) > 0 && (len(s.usual) == 0 || s.ahead < overtakes)
	line := s.line(urgent)
	if len(*line) == 0 {
		s.free++
		return
	}
	s.ahead++
	if !urgent || len(s.usual) == 0 {
		s.ahead = 0
	}
	close((*line)[0].let)
	*line = slices.Delete(*line, 0, 1)
}

func (s *slots) line(urgent bool) *[]*waiter {
	if urgent {
		return &s.urgent
	}
	return &s.usual
}
