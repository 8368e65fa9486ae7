package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Publisher publishes Watermill messages to streams. It is safe for concurrent
// use.
type Publisher struct {
	js jetstream.JetStream
}

// NewPublisher makes a publisher on a context made by JetStream. It does not own the
// connection.
func NewPublisher(js jetstream.JetStream) *Publisher { return &Publisher{js: js} }

// Publish stores messages under the subject topic and returns when the stream
// has acknowledged all of them. The message's UUID becomes its id, its
// metadata the headers, and the trace of its context goes with it.
//
// Several messages are sent at once and acknowledged as they come. When some
// fail, the error names how many; the others are stored, so the caller
// repeats the whole call with the same ids, and order among them is then not
// certain. Where it must be, use PublishBatch.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	switch len(messages) {
	case 0:
		return nil
	case 1:
		return p.publishOne(topic, messages[0])
	}
	ctx, cancel := withAckTimeout(messages[0].Context())
	defer cancel()
	futures := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		f, err := publishAsync(ctx, p.js, natsMessage(topic, m))
		if err != nil {
			return fmt.Errorf("publish %d of %d messages to %s: %w", len(messages)-i, len(messages), topic, err)
		}
		futures[i] = f
	}
	return waitAll(ctx, topic, futures)
}

// publishAsync waits for its turn when too many messages of this connection are
// unacknowledged. The library gives up after 200 ms, which a busy disk
// exceeds; asking it to wait longer costs options for every message.
func publishAsync(ctx context.Context, js jetstream.JetStream, m *nats.Msg) (jetstream.PubAckFuture, error) {
	for {
		f, err := js.PublishMsgAsync(m)
		if !errors.Is(err, jetstream.ErrTooManyStalledMsgs) {
			return f, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// Close does nothing: every Publish has waited for its acknowledgements, and
// the connection is the caller's.
func (p *Publisher) Close() error { return nil }

func (p *Publisher) publishOne(topic string, m *message.Message) error {
	ctx, cancel := withAckTimeout(m.Context())
	defer cancel()
	if _, err := p.js.PublishMsg(ctx, natsMessage(topic, m)); err != nil {
		return fmt.Errorf("publish message %s to %s: %w", m.UUID, topic, err)
	}
	return nil
}

// waitAll waits by itself for no longer than ctx, so that it ends even on a
// JetStream context that was opened without an acknowledgement timeout. It
// begins with the last message, because the others are answered by then and
// cost no wait of their own.
func waitAll(ctx context.Context, topic string, futures []jetstream.PubAckFuture) error {
	var failed int
	var first error
	for i := len(futures) - 1; i >= 0; i-- {
		if err := wait(ctx, futures[i]); err != nil {
			failed++
			first = err
		}
	}
	if failed > 0 {
		return fmt.Errorf("publish to %s: %d of %d messages not stored, the first because: %w", topic, failed, len(futures), first)
	}
	return nil
}

func wait(ctx context.Context, f jetstream.PubAckFuture) error {
	ok := f.Ok()
	select {
	case <-ok:
		return nil
	default:
	}
	select {
	case <-ok:
		return nil
	case err := <-f.Err():
		return err
	case <-ctx.Done():
		return fmt.Errorf("no acknowledgement: %w", context.Cause(ctx))
	}
}

func natsMessage(topic string, m *message.Message) *nats.Msg {
	header := make(nats.Header, len(m.Metadata)+2)
	for k, v := range m.Metadata {
		header[k] = []string{v}
	}
	if m.UUID != "" {
		header[jetstream.MsgIDHeader] = []string{m.UUID}
	}
	Inject(m.Context(), header)
	return &nats.Msg{Subject: topic, Header: header, Data: m.Payload}
}
