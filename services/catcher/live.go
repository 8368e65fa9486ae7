package catcher

import (
	"context"
	"sync"
	"time"
)

// live tells pages that something was stored. Those who look wait for the channel of the moment to close.
type live struct {
	mu      sync.Mutex
	changed chan struct{}
	closed  chan struct{}
}

func newLive() *live {
	return &live{changed: make(chan struct{}), closed: make(chan struct{})}
}

// announce wakes all who wait.
func (l *live) announce() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// next returns a channel that closes at the next change.
func (l *live) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// wait returns after a change, but not before the pause is over, and reports whether there is somebody left to tell.
func (l *live) wait(ctx context.Context, changed <-chan struct{}, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for over := false; changed != nil || !over; {
		select {
		case <-changed:
			changed = nil
		case <-timer.C:
			over = true
		case <-ctx.Done():
			return false
		case <-l.closed:
			return false
		}
	}
	return true
}

// close sends all who wait home. It is called once.
func (l *live) close() { close(l.closed) }
