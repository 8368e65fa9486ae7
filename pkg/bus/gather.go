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
// their receipts: what they publish at about the same time is stored in one atomic batch,
// with one sync to disk. Each Publish still returns only when its messages are stored.
// A broker that syncs every write would otherwise take a millisecond for each of them.
type Gatherer struct {
	js     jetstream.JetStream
	linger time.Duration
	within time.Duration

	mu      sync.Mutex
	waiting []gathered
	running bool
	closed  bool
}

// gathered is one caller's messages and where to tell what became of them.
type gathered struct {
	msgs []*nats.Msg
	done chan error
}

// NewGatherer gathers for the given time (8 ms when 0) and stores what came. All messages
// must be for one stream.
func NewGatherer(js jetstream.JetStream, linger time.Duration) *Gatherer {
	if linger == 0 {
		linger = 8 * time.Millisecond
	}
	return &Gatherer{js: js, linger: linger, within: 30 * time.Second}
}

// errGathererClosed answers calls after Close.
var errGathererClosed = errors.New("bus: the publisher is closed")

// Publish stores the messages under the subject topic, in order, and returns when the
// stream has them. An error means that none or all of them may have been stored; the
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
	if !g.running {
		g.running = true
		go g.run()
	}
	g.mu.Unlock()
	return <-own.done
}

// run stores what waits until nothing does. It lingers before each batch: on a fast disk
// hardly anything gathers while another one is being stored, and the broker makes a store
// with files of its own for each batch before it commits it. Nobody's message waits for that:
// a worker's receipt comes when the provider has it.
func (g *Gatherer) run() {
	for {
		time.Sleep(g.linger)
		g.mu.Lock()
		n, total := 0, 0
		for n < len(g.waiting) && (n == 0 || total+len(g.waiting[n].msgs) <= MaxBatch) {
			total += len(g.waiting[n].msgs)
			n++
		}
		batch := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		if n == 0 {
			g.running = false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		err := g.store(batch, total)
		for _, one := range batch {
			one.done <- err
		}
	}
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
	return nil
}
