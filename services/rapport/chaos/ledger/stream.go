package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is one message of a stream.
type Message struct {
	Seq     uint64
	At      time.Time // when the broker stored it
	Subject string
	Data    []byte
}

// Tail follows a stream from its first message.
type Tail struct {
	js     jetstream.JetStream
	stream string

	mu       sync.Mutex
	messages []Message
	next     uint64
	lost     uint64 // messages that were gone before they were read
}

// Follow makes a tail of a stream; Run and CatchUp read.
func Follow(nc *nats.Conn, stream string) (*Tail, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", stream, err)
	}
	return &Tail{js: js, stream: stream, next: 1}, nil
}

// tick is how often a tail looks for more.
const tick = 2 * time.Second

// Run follows until ctx ends. Failures are tried again: the broker is being broken.
func (t *Tail) Run(ctx context.Context) {
	every := time.NewTicker(tick)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			once, cancel := context.WithTimeout(ctx, 10*tick)
			_ = t.CatchUp(once) // The next one goes on where it ended.
			cancel()
		}
	}
}

// CatchUp reads up to what is the last message now.
func (t *Tail) CatchUp(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.js.Stream(ctx, t.stream)
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", t.stream, err)
	}
	state := s.CachedInfo().State
	if t.next < state.FirstSeq {
		t.lost += state.FirstSeq - t.next
		t.next = state.FirstSeq
	}
	for t.next <= state.LastSeq {
		if err := t.read(ctx, state.LastSeq); err != nil {
			return fmt.Errorf("read stream %s from %d: %w", t.stream, t.next, err)
		}
	}
	return nil
}

// page is how many messages are asked for at once.
const page = 500

func (t *Tail) read(ctx context.Context, last uint64) error {
	c, err := t.js.OrderedConsumer(ctx, t.stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: t.next,
	})
	if err != nil {
		return err
	}
	batch, err := c.Fetch(int(min(page, last-t.next+1)), jetstream.FetchMaxWait(5*time.Second))
	if err != nil {
		return err
	}
	n := 0
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Stream < t.next {
			return fmt.Errorf("sequence %d came after %d", meta.Sequence.Stream, t.next-1)
		}
		t.messages = append(t.messages, Message{meta.Sequence.Stream, meta.Timestamp, m.Subject(), m.Data()})
		t.next = meta.Sequence.Stream + 1
		n++
	}
	if err := batch.Error(); err != nil {
		return err
	}
	if n == 0 {
		return errors.New("nothing came")
	}
	return ctx.Err()
}

// Messages are all that were read.
func (t *Tail) Messages() []Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.messages
}

// Lost is how many messages were removed before they were read: then the tail was too slow,
// and its evidence is not whole.
func (t *Tail) Lost() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

// leftovers asks the broker what waits: commands that no worker has acknowledged, by
// consumer, and the subjects of dead letters.
func leftovers(ctx context.Context, js jetstream.JetStream) (unread map[string]int, dead []string, err error) {
	send, err := js.Stream(ctx, "SEND")
	if err != nil {
		return nil, nil, fmt.Errorf("look up stream SEND: %w", err)
	}
	unread = map[string]int{}
	list := send.ListConsumers(ctx)
	for c := range list.Info() {
		if c.Config.Durable != "" {
			unread[c.Config.Durable] = int(c.NumPending) + c.NumAckPending //nolint:gosec // It fits.
		}
	}
	if err := list.Err(); err != nil {
		return nil, nil, fmt.Errorf("list the consumers of SEND: %w", err)
	}
	graves, err := js.Stream(ctx, "DEAD")
	if err != nil {
		return nil, nil, fmt.Errorf("look up stream DEAD: %w", err)
	}
	info, err := graves.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return nil, nil, fmt.Errorf("look at the dead letters: %w", err)
	}
	for subject := range info.State.Subjects {
		dead = append(dead, subject)
	}
	return unread, dead, nil
}
