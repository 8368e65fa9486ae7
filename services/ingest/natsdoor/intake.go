package natsdoor

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// intake is the consumer as one process pulls from it.
type intake struct {
	js       jetstream.JetStream
	consumer jetstream.Consumer
	batch    int
	messages jetstream.MessagesContext
	pin      string        // whose turn it is: ours, while it does not change
	next     jetstream.Msg // the one that did not fit into the last batch
}

func (in *intake) start() error {
	messages, err := in.consumer.Messages(jetstream.PullMaxMessages(in.batch), jetstream.PullPriorityGroup(group),
		jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullExpiry/4))
	if err != nil {
		return fmt.Errorf("pull from %s: %w", bus.StreamIn, err)
	}
	in.messages = messages
	return nil
}

// pullExpiry must be shorter than the pin lasts, or a process that waits for messages would lose it.
const pullExpiry = 4 * time.Second

func (in *intake) close() {
	if in.messages != nil {
		in.messages.Stop()
	}
}

// gather waits for a message and takes what else is there, up to n messages, in their order.
func (in *intake) gather(ctx context.Context, n int) ([]jetstream.Msg, error) {
	var msgs []jetstream.Msg
	size := 0
	for len(msgs) < n {
		m, err := in.one(ctx, len(msgs) == 0)
		switch {
		case err != nil && len(msgs) > 0 && ctx.Err() == nil:
			return msgs, nil // No more came, or the next call will say what is wrong.
		case err != nil:
			return nil, err
		}
		if pin := m.Headers().Get(pinned); pin != in.pin {
			// What the one before had in hand comes again, and before this.
			in.pin, msgs, size, in.next = pin, nil, 0, nil
			if err := in.reset(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if size += len(m.Data()); size > maxBatchBytes && len(msgs) > 0 {
			in.next = m
			return msgs, nil
		}
		msgs = append(msgs, m)
	}
	return msgs, nil
}

func (in *intake) one(ctx context.Context, patient bool) (jetstream.Msg, error) {
	if m := in.next; m != nil {
		in.next = nil
		return m, nil
	}
	if patient {
		return in.messages.Next(jetstream.NextContext(ctx))
	}
	return in.messages.Next(jetstream.NextMaxWait(linger))
}

// reset lets the consumer begin at the first message that is not acknowledged.
func (in *intake) reset(ctx context.Context) error {
	in.close()
	ctx, cancel := context.WithTimeout(ctx, mostPause)
	defer cancel()
	if _, err := in.js.ResetConsumer(ctx, bus.StreamIn, durable); err != nil {
		return fmt.Errorf("reset consumer %s: %w", durable, err)
	}
	return in.start()
}
