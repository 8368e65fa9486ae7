package postgres

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
)

// groupBound is how many calls one transaction takes at most.
const groupBound = 256

// errClosed is what a closed store answers.
var errClosed = fmt.Errorf("postgres: the store is closed: %w", os.ErrClosed)

// combiner makes one transaction of calls that come at the same time: while one runs, the
// others queue up, and the next takes all of them. A lone call does not wait. A transaction
// for each message would cost several times what the rest of sending it does.
type combiner[T any] struct {
	run func(context.Context, []T) []error // one error a call

	mu      sync.Mutex
	waiting []*call[T]
	running bool
	closed  bool
	idle    sync.WaitGroup // of the goroutine that runs groups
}

type call[T any] struct {
	arg  T
	err  error
	done chan struct{}
}

func newCombiner[T any](run func(context.Context, []T) []error) *combiner[T] {
	return &combiner[T]{run: run}
}

// do runs a call in the next group. When ctx ends before that was taken, nothing happens;
// once it was taken, do waits for its result, because only that is true.
func (c *combiner[T]) do(ctx context.Context, arg T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := &call[T]{arg: arg, done: make(chan struct{})}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return errClosed
	}
	c.waiting = append(c.waiting, own)
	if !c.running {
		c.running = true
		c.idle.Go(c.groups)
	}
	c.mu.Unlock()
	select {
	case <-own.done:
	case <-ctx.Done():
		if c.withdraw(own) {
			return ctx.Err()
		}
		<-own.done
	}
	return own.err
}

// withdraw takes back a call that is still waiting.
func (c *combiner[T]) withdraw(own *call[T]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, own)
	if i < 0 {
		return false
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return true
}

// groups runs groups until nobody waits.
func (c *combiner[T]) groups() {
	for {
		c.mu.Lock()
		n := min(len(c.waiting), groupBound)
		if n == 0 {
			c.running = false
			c.mu.Unlock()
			return
		}
		group := slices.Clone(c.waiting[:n])
		c.waiting = slices.Delete(c.waiting, 0, n)
		c.mu.Unlock()
		args := make([]T, n)
		for i, call := range group {
			args[i] = call.arg
		}
		// No caller's context: the group is not for one of them to end. The store's own time
		// bounds it.
		for i, err := range c.run(context.Background(), args) {
			group[i].err = err
			close(group[i].done)
		}
	}
}

// stop refuses new calls and returns when those that wait have their results.
func (c *combiner[T]) stop() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.idle.Wait()
}
