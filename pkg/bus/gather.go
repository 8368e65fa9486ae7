package bus

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Gatherer is a Publisher for many callers with one message each, such as workers with
// their receipts: what they publish at about the same time is stored by one PublishBatch,
// from more than a few on with one sync to disk. Each Publish still returns only when its messages are
// stored. A broker that syncs every write would otherwise take a millisecond for each of them.
type Gatherer struct {
	js     jetstream.JetStream
	linger time.Duration
	within time.Duration
	plenty chan struct{} // tells run that as many messages wait as it wanted

	mu      sync.Mutex
	waiting []gathered
	total   int // messages in waiting
	wanted  int // how many messages are worth storing at once
	running bool
	closed  bool
}

// gathered is one caller's messages and where to tell what became of them.
type gathered struct {
	msgs []*nats.Msg
	done chan error
}

// NewGatherer makes a publisher that waits for others to publish with for the given time at most (8 ms
// when 0). All messages must be for one stream.
func NewGatherer(js jetstream.JetStream, linger time.Duration) *Gatherer {
	if linger == 0 {
		linger = 8 * time.Millisecond
	}
	return &Gatherer{js: js, linger: linger, within: 30 * time.Second, plenty: make(chan struct{}, 1)}
}

// errGathererClosed answers calls after Close.
var errGathererClosed = errors.New("bus: the publisher is closed")

// Publish stores the messages under the subject topic, in order, and returns when the
// stream has them. An error means that none, some or all of them may have been stored; the
// caller repeats the call with the same UUIDs.
func (g *Gatherer) Publish(topic string, messages ...*message.Message) error {
	own := gathered{done: make(chan error, 1), msgs: make([]*nats.Msg, 0, len(messages))}
	for _, m := range messages {
		own.msgs = append(own.msgs, natsMessage(topic, m))
	}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return errGathererClosed
	}
	g.waiting = append(g.waiting, own)
	g.total += len(own.msgs)
	if g.total >= g.wanted {
		tell(g.plenty)
	}
	if !g.running {
		g.running = true
		go g.run()
	}
	g.mu.Unlock()
	return <-own.done
}

// run stores what waits until nothing does. What comes while a batch is being stored makes the next one, so
// under load batches grow by themselves; it lingers only to have those come along again that
// were answered a moment ago.
func (g *Gatherer) run() {
	for {
		g.pause()
		batch, total := g.take()
		if len(batch) == 0 {
			return
		}
		err := g.store(batch, total)
		for _, one := range batch {
			one.done <- err
		}
	}
}

// pause lingers until as many messages wait as were stored last. A single one is stored at
// once. A few are worth no long wait, because each of them is published by itself anyway; from
// there on a batch costs the broker a store with files of its own, so that it had better be a large one.
func (g *Gatherer) pause() {
	g.mu.Lock()
	select {
	case <-g.plenty: // of an earlier crowd
	default:
	}
	enough, linger := g.total >= g.wanted || g.closed, g.linger
	if max(g.wanted, g.total) <= SmallBatch {
		linger /= 8
	}
	g.mu.Unlock()
	if enough {
		return
	}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-g.plenty:
	case <-timer.C:
	}
}

// take returns what is stored next; none ends the run.
func (g *Gatherer) take() (batch []gathered, total int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for n < len(g.waiting) && (n == 0 || total+len(g.waiting[n].msgs) <= MaxBatch) {
		total += len(g.waiting[n].msgs)
		n++
	}
	batch = g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	g.total -= total
	g.wanted = total
	g.running = n > 0
	return batch, total
}

func (g *Gatherer) store(batch []gathered, total int) error {
	ctx, cancel := context.WithTimeout(context.Background(), g.within)
	defer cancel()
	msgs := make([]*nats.Msg, 0, total)
	for _, one := range batch {
		msgs = append(msgs, one.msgs...)
	}
	for part := range Split(msgs, 0) {
		if _, err := PublishBatch(ctx, g.js, part); err != nil {
			return err
		}
	}
	return nil
}

// Close refuses further calls. Those under way are answered.
func (g *Gatherer) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	tell(g.plenty) // Nobody comes any more who would be worth a wait.
	return nil
}
