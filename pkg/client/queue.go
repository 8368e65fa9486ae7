package client

import (
	"context"
	"sync"
	"time"
)

// queue holds what is not settled: what waits, in order, and how much is on its way.
type queue struct {
	most, mostBytes   int // of what is not settled
	batch, batchBytes int
	interval          time.Duration
	refuse            bool

	mu      sync.Mutex
	waiting []*entry
	open    map[*entry]struct{} // not settled
	bytes   int                 // of those
	epochs  []*epoch            // with something open; the last is that of new entries
	since   time.Time           // the first of waiting came
	hurry   bool                // what waits goes at once
	closed  bool
	room    chan struct{} // closed when there is room again
	crowd   bool          // somebody waits for it
	news    chan struct{} // has one when the sender should look again

	failed []Result
	more   int // failed beside those
}

// epoch is what was queued between two calls of drain.
type epoch struct {
	open   int
	sealed bool
	done   chan struct{} // closed when it is sealed and nothing of it is open
}

// mostFailed is how many failures are kept for the next Flush.
const mostFailed = 1000

func newQueue(o *Options) *queue {
	return &queue{
		most: o.Queue, mostBytes: o.QueueBytes, batch: o.Batch, batchBytes: o.BatchBytes, interval: o.Interval, refuse: o.WhenFull == Refuse,
		open: map[*entry]struct{}{}, epochs: []*epoch{newEpoch()}, room: make(chan struct{}), news: make(chan struct{}, 1),
	}
}

func newEpoch() *epoch { return &epoch{done: make(chan struct{})} }

// add queues an entry, when there is room.
func (q *queue) add(ctx context.Context, e *entry) error {
	for {
		q.mu.Lock()
		switch {
		case q.closed:
			q.mu.Unlock()
			return ErrClosed
		case len(q.open) < q.most && q.bytes+len(e.body) <= q.mostBytes:
			q.put(e)
			q.mu.Unlock()
			return nil
		case q.refuse:
			q.mu.Unlock()
			return ErrFull
		}
		q.hurry, q.crowd = true, true
		room := q.room
		q.wake()
		q.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (q *queue) put(e *entry) {
	if len(q.waiting) == 0 {
		q.since = time.Now()
		q.wake()
	}
	q.waiting = append(q.waiting, e)
	q.open[e] = struct{}{}
	q.bytes += len(e.body)
	e.epoch = q.epochs[len(q.epochs)-1]
	e.epoch.open++
	if e.done != nil {
		q.hurry = true
	}
	if e.done != nil || len(q.waiting) == q.batch || q.bytes >= q.batchBytes {
		q.wake()
	}
}

// wake lets the sender look again.
func (q *queue) wake() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// next waits for a batch that is full, or whose first entry has waited long enough; nil when
// nothing more comes, or life ends.
func (q *queue) next(life context.Context) []*entry {
	var alarm *time.Timer
	defer func() {
		if alarm != nil {
			alarm.Stop()
		}
	}()
	for {
		batch, pause, over := q.take()
		if batch != nil || over {
			return batch
		}
		var rings <-chan time.Time
		if pause > 0 {
			if alarm != nil {
				alarm.Stop()
			}
			alarm = time.NewTimer(pause)
			rings = alarm.C
		}
		select {
		case <-q.news:
		case <-rings:
		case <-life.Done():
			return nil
		}
	}
}

// take returns a batch, or how long to wait for more of it; over says that nothing more comes.
func (q *queue) take() (batch []*entry, pause time.Duration, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.hurry = false
		return nil, 0, q.closed
	}
	n, size := 0, 0
	for n < len(q.waiting) && n < q.batch && (n == 0 || size+len(q.waiting[n].body) <= q.batchBytes) {
		size += len(q.waiting[n].body)
		n++
	}
	full := n == q.batch || n < len(q.waiting)
	if pause = q.interval - time.Since(q.since); pause > 0 && !full && !q.hurry && !q.closed {
		return nil, pause, false
	}
	batch = append(batch, q.waiting[:n]...)
	q.waiting = append(q.waiting[:0], q.waiting[n:]...)
	clear(q.waiting[len(q.waiting) : len(q.waiting)+n]) // so that what was sent is not kept
	for _, e := range batch {
		e.taken = true
	}
	if len(q.waiting) == 0 {
		q.hurry = false
	}
	return batch, 0, false
}

// drop takes an entry back that is not being sent; false when it is.
func (q *queue) drop(e *entry) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if e.taken {
		return false
	}
	for i, w := range q.waiting {
		if w == e {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			break
		}
	}
	e.taken = true
	q.remove(e)
	return true
}

// settle forgets entries of which it is known what became of them.
func (q *queue) settle(results []Result, entries []*entry) {
	q.mu.Lock()
	for i, e := range entries {
		q.remove(e)
		if results[i].Err == nil || e.done != nil {
			continue // who waits is told at once
		}
		if len(q.failed) < mostFailed {
			q.failed = append(q.failed, results[i])
		} else {
			q.more++
		}
	}
	q.mu.Unlock()
	for i, e := range entries {
		if e.done != nil {
			e.done <- results[i].Err
		}
	}
}

func (q *queue) remove(e *entry) {
	if _, there := q.open[e]; !there {
		return
	}
	delete(q.open, e)
	q.bytes -= len(e.body)
	e.epoch.open--
	q.finish(e.epoch)
	if q.crowd {
		q.letIn()
	}
}

// letIn lets those look again who wait for room.
func (q *queue) letIn() {
	close(q.room)
	q.room, q.crowd = make(chan struct{}), false
}

// finish ends an epoch of which nothing is open.
func (q *queue) finish(ep *epoch) {
	if !ep.sealed || ep.open > 0 {
		return
	}
	close(ep.done)
	for i, other := range q.epochs {
		if other == ep {
			q.epochs = append(q.epochs[:i], q.epochs[i+1:]...)
			return
		}
	}
}

// close takes no more entries.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.letIn() // and see that it is closed
	q.wake()
}

// drain waits until all that is queued now is settled, or ctx ends, which it returns.
func (q *queue) drain(ctx context.Context) error {
	q.mu.Lock()
	last := q.epochs[len(q.epochs)-1]
	q.epochs = append(q.epochs, newEpoch())
	before := append([]*epoch(nil), q.epochs[:len(q.epochs)-1]...)
	last.sealed = true
	q.finish(last)
	q.hurry = true
	q.wake()
	q.mu.Unlock()
	for _, ep := range before {
		select {
		case <-ep.done:
			continue
		default:
		}
		select {
		case <-ep.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// unsettled is what is open, with a reason.
func (q *queue) unsettled(why error) []Result {
	q.mu.Lock()
	defer q.mu.Unlock()
	var left []Result
	for e := range q.open {
		left = append(left, Result{Call: e.call, Err: why})
	}
	return left
}

// account says what failed since it was asked last, and what is left.
func (q *queue) account(cause error, left []Result) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	told := &NotStored{Results: append(q.failed, left...), More: q.more, Cause: cause}
	q.failed, q.more = nil, 0
	if len(told.Results) == 0 && told.More == 0 {
		return nil
	}
	return told
}

// abandon forgets what is still open, tells those who wait for it, and returns it.
func (q *queue) abandon(why error) []Result {
	q.mu.Lock()
	var left []Result
	var waiting []chan error
	for e := range q.open {
		left = append(left, Result{Call: e.call, Err: why})
		if e.done != nil {
			waiting = append(waiting, e.done)
		}
		q.remove(e)
	}
	q.waiting = nil
	q.mu.Unlock()
	for _, done := range waiting {
		done <- why
	}
	return left
}
