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
// Several messages are sent at once and acknowledged as they come. While the stream has no
// leader, or the connection is lost, those that have ids are repeated until the context ends, or for
// 25 s when it has no deadline. When some
// fail, the error names how many; the others are stored, so the caller
// repeats the whole call with the same ids, and order among them is then not
// certain. Where it must be, use PublishBatch.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if len(messages) == 0 {
		return nil
	}
	ctx, cancel := withPublishTimeout(messages[0].Context())
	defer cancel()
	open := make([]*nats.Msg, len(messages))
	for i, m := range messages {
		open[i] = natsMessage(topic, m)
	}
	err := insist(ctx, p.js, open, func() (err error) {
		open, err = publishAll(ctx, p.js, open, &BatchResult{})
		return err
	})
	switch {
	case err == nil:
		return nil
	case len(messages) == 1:
		return fmt.Errorf("publish message %s to %s: %w", messages[0].UUID, topic, err)
	}
	return fmt.Errorf("publish to %s: %d of %d messages not stored, the first because: %w", topic, len(open), len(messages), err)
}

// publishAll publishes messages at once and adds those stored to r. It returns those that are not known
// to be stored, and why the first of them is not; first an error that repeating will not cure, if there
// is one.
func publishAll(ctx context.Context, js jetstream.JetStream, msgs []*nats.Msg, r *BatchResult) ([]*nats.Msg, error) {
	futures := make([]jetstream.PubAckFuture, 0, len(msgs))
	var first error
	for _, m := range msgs {
		f, err := publishAsync(ctx, js, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data})
		if err != nil {
			first = err
			break
		}
		futures = append(futures, f)
	}
	// It begins with the last one, because the others are answered by then and cost no wait of
	// their own. When nobody answers, all of them together wait as long as one would.
	until := attemptEnds()
	open := msgs[len(futures):]
	for i := len(futures) - 1; i >= 0; i-- {
		ack, err := await(ctx, js, msgs[i].Subject, futures[i], until)
		if err == nil {
			r.add(ack)
			continue
		}
		open = append([]*nats.Msg{msgs[i]}, open...)
		if first == nil || transient(first) {
			first = err
		}
	}
	return open, first
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
