package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/pkg/bus"
)

// enough is how many messages are worth a publish of their own: below it the cost of
// an atomic batch on a broker with one replica is mostly that of the batch.
const enough = 100

var (
	errBusy = errors.New("too much is waiting for the broker")
	errSlow = errors.New("the broker has not answered in time")
)

// parcel is a part of a request that is published whole.
type parcel struct {
	ctx  context.Context // of the request: nobody waits any more when it ends
	msgs []*nats.Msg
	size int
	done chan error // buffered
}

// queue publishes the parcels of all requests in the order they came, several
// together. A goroutine does it that lives only while there is something to do, so
// a queue needs no start and no stop.
type queue struct {
	publish func(ctx context.Context, msgs []*nats.Msg) error
	limits  Limits
	linger  time.Duration
	within  time.Duration

	mu       sync.Mutex
	waiting  []*parcel
	msgs     int // in waiting and being published
	size     int
	draining bool
	plenty   chan struct{} // tells a lingering drain that enough is waiting
	idle     sync.WaitGroup
}

func newQueue(o Options) *queue {
	return &queue{
		publish: o.Publisher.PublishBatch, limits: o.Limits, linger: o.Linger, within: o.AnswerWithin,
		plenty: make(chan struct{}, 1),
	}
}

// store returns when all messages are stored, or with the reason why that is not
// certain. Messages of one call keep their order; of several parcels the first may have
// been stored when the second fails.
func (q *queue) store(ctx context.Context, msgs []*nats.Msg) error {
	ctx, cancel := context.WithTimeoutCause(ctx, q.within, errSlow)
	defer cancel()
	parcels := q.cut(ctx, msgs)
	if !q.enqueue(parcels) {
		return errBusy
	}
	for _, p := range parcels {
		select {
		case err := <-p.done:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// cut parts messages into parcels within the limits of an atomic batch.
func (q *queue) cut(ctx context.Context, msgs []*nats.Msg) []*parcel {
	var parcels []*parcel
	open := func() *parcel {
		p := &parcel{ctx: ctx, done: make(chan error, 1)}
		parcels = append(parcels, p)
		return p
	}
	p := open()
	for _, m := range msgs {
		n := m.Size()
		if len(p.msgs) > 0 && (len(p.msgs) == q.limits.Atomic || p.size+n > q.limits.AtomicBytes) {
			p = open()
		}
		p.msgs, p.size = append(p.msgs, m), p.size+n
	}
	return parcels
}

// enqueue admits all parcels or none. An empty queue admits any request: its size is
// bounded by that of a body.
func (q *queue) enqueue(parcels []*parcel) bool {
	msgs, size := 0, 0
	for _, p := range parcels {
		msgs, size = msgs+len(p.msgs), size+p.size
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.msgs > 0 && (q.msgs+msgs > q.limits.Waiting || q.size+size > q.limits.WaitingBytes) {
		return false
	}
	q.waiting = append(q.waiting, parcels...)
	q.msgs, q.size = q.msgs+msgs, q.size+size
	if q.msgs >= enough {
		select {
		case q.plenty <- struct{}{}:
		default:
		}
	}
	if !q.draining {
		q.draining = true
		q.idle.Go(q.drain)
	}
	return true
}

func (q *queue) drain() {
	for {
		q.pause()
		together := q.take()
		if len(together) == 0 {
			return
		}
		var msgs []*nats.Msg
		for _, p := range together {
			msgs = append(msgs, p.msgs...)
		}
		ctx, cancel := context.WithTimeoutCause(context.Background(), q.within, errSlow)
		err := q.publish(ctx, msgs)
		cancel()
		q.settle(together, err)
		if err != nil {
			// What waits would only meet the same broker, each after a wait of its own.
			q.settle(q.takeAll(), err)
		}
	}
}

// pause gives other requests a moment to come along, unless enough wait, or so few that the
// broker takes them one by one: company would make none of those cheaper.
func (q *queue) pause() {
	q.mu.Lock()
	waiting := q.msgs // none is being published here
	select {
	case <-q.plenty: // of an earlier crowd
	default:
	}
	q.mu.Unlock()
	if q.linger <= 0 || waiting <= bus.SmallBatch || waiting >= enough {
		return
	}
	timer := time.NewTimer(q.linger)
	defer timer.Stop()
	select {
	case <-q.plenty:
	case <-timer.C:
	}
}

// take returns the parcels to publish next; none ends the drain. Parcels for which
// nobody waits any more are dropped: their senders were told to repeat them.
func (q *queue) take() []*parcel {
	q.mu.Lock()
	defer q.mu.Unlock()
	var together []*parcel
	msgs, size := 0, 0
	for len(q.waiting) > 0 {
		p := q.waiting[0]
		if p.ctx.Err() != nil {
			q.msgs, q.size = q.msgs-len(p.msgs), q.size-p.size
			q.waiting = q.waiting[1:]
			continue
		}
		if len(together) > 0 && (msgs+len(p.msgs) > q.limits.Atomic || size+p.size > q.limits.AtomicBytes) {
			break
		}
		together, msgs, size = append(together, p), msgs+len(p.msgs), size+p.size
		q.waiting = q.waiting[1:]
	}
	if len(together) == 0 {
		q.draining = false
	}
	return together
}

func (q *queue) takeAll() []*parcel {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waiting
	q.waiting = nil
	return all
}

func (q *queue) settle(parcels []*parcel, err error) {
	q.mu.Lock()
	for _, p := range parcels {
		q.msgs, q.size = q.msgs-len(p.msgs), q.size-p.size
	}
	q.mu.Unlock()
	for _, p := range parcels {
		p.done <- err
	}
}
