package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Client sends events, see the package. It is made by New and ended by Close.
type Client struct {
	Calls // queued

	o       Options
	courier courier
	release func() // closes what the client opened itself

	life   context.Context // of all sending; ends when Close gives up or is done
	end    context.CancelFunc
	queue  *queue
	slots  chan struct{} // one for each batch that is on its way
	ending sync.Once
	ended  chan struct{} // closed when nothing runs any more
}

// courier carries a batch and says what became of each: nil, a *Rejection, another error that
// is final, or a *setback after which it is tried again.
type courier interface {
	carry(ctx context.Context, batch []*entry) []error
}

// New checks the options and starts the client. It connects to NATS in the background, and to
// the door with the first batch: neither needs to be there yet.
func New(o Options) (*Client, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Client{o: o, queue: newQueue(&o), slots: make(chan struct{}, o.Concurrency), ended: make(chan struct{})}
	if o.URL != "" {
		c.courier, c.release = newDoor(&o)
	} else {
		var err error
		if c.courier, c.release, err = newBroker(&o); err != nil {
			return nil, err
		}
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.Calls = Calls{put: func(ctx context.Context, call Call) error {
		_, err := c.enter(ctx, call, false)
		return err
	}}
	go c.run()
	return c, nil
}

// Wait gives the same calls, which return when the event is stored. An error that is no
// *Rejection leaves open whether it is; repeating the call with the same ID is safe.
func (c *Client) Wait() Calls { return Calls{put: c.store} }

// enter checks a call and queues it.
func (c *Client) enter(ctx context.Context, call Call, waits bool) (*entry, error) {
	e, err := newEntry(ctx, call, c.o.Source, time.Now())
	if err != nil {
		return nil, err
	}
	if waits {
		e.done = make(chan error, 1)
	}
	return e, c.queue.add(ctx, e)
}

func (c *Client) store(ctx context.Context, call Call) error {
	e, err := c.enter(ctx, call, true)
	if err != nil {
		return err
	}
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
	}
	if c.queue.drop(e) {
		return fmt.Errorf("client: event %s was not sent: %w", e.call.ID, context.Cause(ctx))
	}
	return fmt.Errorf("client: event %s may be stored or not, repeat it with the same id: %w", e.call.ID, context.Cause(ctx))
}

// run sends what is queued until Close.
func (c *Client) run() {
	defer close(c.ended)
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		select {
		case c.slots <- struct{}{}:
		case <-c.life.Done():
			return
		}
		batch := c.queue.next(c.life)
		if batch == nil {
			return
		}
		sending.Go(func() {
			c.deliver(batch)
			<-c.slots
		})
	}
}

// Flush waits until all that was queued before is stored or reported. It returns nil, or
// *NotStored with what was rejected or given up since the last Flush and, when ctx ends first,
// what still waits and will be sent all the same.
func (c *Client) Flush(ctx context.Context) error {
	cause := c.queue.drain(ctx)
	var left []Result
	if cause != nil {
		left = c.queue.unsettled(cause)
	}
	return c.queue.account(cause, left)
}

// Close takes no more calls, sends what waits, and ends the client. When ctx ends first, what
// is left is not sent any more; the error, a *NotStored, has it. What was on its way at that
// moment may be stored in spite of that. A second Close waits for the first.
func (c *Client) Close(ctx context.Context) error {
	c.queue.close()
	cause := c.queue.drain(ctx)
	c.ending.Do(func() {
		c.end()
		<-c.ended
		c.release()
	})
	left := c.queue.abandon(errors.Join(ErrClosed, cause))
	if len(left) > 0 && c.o.Report != nil {
		c.o.Report(left)
	}
	return c.queue.account(cause, left)
}
