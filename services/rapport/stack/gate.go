package stack

import (
	"context"
	"sync"

	"rapport/pkg/lifecycle"
)

// gate holds a service back until it is opened: it counts as started and does nothing.
type gate struct {
	inner lifecycle.Service
	open  chan struct{}
	once  sync.Once
}

func newGate(inner lifecycle.Service) *gate { return &gate{inner: inner, open: make(chan struct{})} }

// Run waits for the gate, then runs the service.
func (g *gate) Run(ctx context.Context) error {
	select {
	case <-g.open:
		return g.inner.Run(ctx)
	case <-ctx.Done():
		return nil
	}
}

// Release lets services go that Config.Hold held back. Others are left as they are.
func (s *Stack) Release(names ...string) {
	for _, n := range names {
		if g := s.held[n]; g != nil {
			g.once.Do(func() { close(g.open) })
		}
	}
}
