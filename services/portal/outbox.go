package portal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	together    = 500 // messages published at once
	tryAgain    = 250 * time.Millisecond
	tryAtMost   = 5 * time.Second
	storeWithin = 10 * time.Second
)

// outbox publishes what nobody waits for, in order, and tries until it is stored.
type outbox struct {
	publish func(ctx context.Context, msgs []*nats.Msg) error
	log     *slog.Logger
	metrics *metrics
	max     int

	mu      sync.Mutex
	waiting []*nats.Msg
	full    bool          // and it was said so
	ended   bool          // nothing is published any more
	filled  chan struct{} // holds one token while something may be waiting
	done    chan struct{} // closed when nothing more is added
}

func newOutbox(o Options, m *metrics) *outbox {
	return &outbox{
		publish: o.Publisher.PublishBatch, log: o.Logger, metrics: m, max: o.Waiting,
		filled: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// add never waits. A message without room is dropped: the oldest are already promised to the broker in order.
func (b *outbox) add(ctx context.Context, msg *nats.Msg) {
	b.mu.Lock()
	full, ended := len(b.waiting) >= b.max, b.ended
	first := full && !b.full
	b.full = full
	if !full && !ended {
		b.waiting = append(b.waiting, msg)
	}
	b.mu.Unlock()
	if ended {
		b.metrics.lost(ctx, 1, "stopped")
		return
	}
	if full {
		b.metrics.lost(ctx, 1, "full")
		if first {
			b.log.Error("clicks and opens are being dropped: the broker has not taken any for too long", "waiting", b.max)
		}
		return
	}
	select {
	case b.filled <- struct{}{}:
	default:
	}
}

// close says that nothing more is added.
func (b *outbox) close() { close(b.done) }

// run publishes until the outbox is closed and empty, or ctx ends. What is left then is lost.
func (b *outbox) run(ctx context.Context) {
	for {
		msgs := b.next(ctx)
		if len(msgs) == 0 {
			break
		}
		if !b.store(ctx, msgs) {
			break
		}
		b.mu.Lock()
		b.waiting = b.waiting[len(msgs):]
		b.mu.Unlock()
	}
	b.mu.Lock()
	b.ended = true
	left := len(b.waiting)
	b.mu.Unlock()
	if left > 0 {
		b.metrics.lost(context.WithoutCancel(ctx), left, "stopped")
		b.log.Error("clicks and opens were lost: the broker did not take them before the stop", "events", left)
	}
}

// next waits for messages and returns the first of them, which stay in the outbox until they are stored; none at the end.
func (b *outbox) next(ctx context.Context) []*nats.Msg {
	for {
		b.mu.Lock()
		msgs := b.waiting[:min(len(b.waiting), together)]
		b.mu.Unlock()
		if len(msgs) > 0 {
			return msgs
		}
		select {
		case <-b.filled:
			continue
		default:
		}
		select {
		case <-b.filled:
		case <-b.done:
			select {
			case <-b.filled: // It was added just before.
				continue
			default:
			}
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// store publishes until the broker has it, and reports false when ctx ends first.
func (b *outbox) store(ctx context.Context, msgs []*nats.Msg) bool {
	for wait := tryAgain; ; wait = min(2*wait, tryAtMost) {
		bounded, cancel := context.WithTimeout(ctx, storeWithin)
		began := time.Now()
		err := b.publish(bounded, msgs)
		cancel()
		b.metrics.published(ctx, time.Since(began), err)
		if err == nil {
			return true
		}
		b.log.Warn("clicks and opens are not stored yet; trying again", "events", len(msgs), "error", err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
