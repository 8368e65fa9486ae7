package natsdoor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// intake is the consumer as one process pulls from it.
type intake struct {
	js       jetstream.JetStream
	stream   jetstream.Stream
	consumer jetstream.Consumer
	batch    int
	messages jetstream.MessagesContext
	last     uint64        // the highest sequence that was taken
	next     jetstream.Msg // the one that did not fit into the last batch
	skipped  int           // how often in a row what came was not what comes next
	purges   bool          // messages may be taken off the stream together
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

func (in *intake) close() { in.messages.Stop() }

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
		if size += len(m.Data()); size > maxBatchBytes && len(msgs) > 0 {
			in.next = m
			return msgs, nil
		}
		follows, err := in.follows(ctx, m)
		switch {
		case err == nil && follows:
			msgs = append(msgs, m)
			in.skipped = 0
		case len(msgs) > 0:
			in.next = m
			return msgs, nil // First those: begun again, they would come again.
		case err != nil:
			return nil, err
		default:
			if err := in.again(ctx); err != nil {
				return nil, err
			}
		}
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

// follows reports whether nothing is in the stream between what was taken and this message. After another process, or
// a connection, was lost, the broker holds back for a while what was on its way, and gives out what is
// behind it. A message from before may come again, and is taken again: its event has an id.
func (in *intake) follows(ctx context.Context, m jetstream.Msg) (bool, error) {
	meta, err := m.Metadata()
	if err != nil {
		return false, fmt.Errorf("read where a message lies: %w", err)
	}
	seq := meta.Sequence.Stream
	if seq > in.last+1 {
		ctx, cancel := context.WithTimeout(ctx, mostPause)
		defer cancel()
		first, err := in.stream.GetMsg(ctx, in.last+1, jetstream.WithGetMsgSubject(">"))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound): // Somebody else acknowledged it.
			return true, nil
		case err != nil:
			return false, fmt.Errorf("look what is first in %s: %w", bus.StreamIn, err)
		case first.Sequence < seq:
			return false, nil
		}
	}
	in.last = max(in.last, seq)
	return true, nil
}

// again lets the consumer begin at the first message that is not acknowledged. Some of what it gives out then
// may still go to whom it was given before, so that it takes another time.
func (in *intake) again(ctx context.Context) error {
	in.close()
	if in.skipped++; in.skipped > 1 {
		wait(ctx, min(time.Duration(in.skipped)*againPause, mostPause))
	}
	ctx, cancel := context.WithTimeout(ctx, mostPause)
	defer cancel()
	if _, err := in.js.ResetConsumer(ctx, bus.StreamIn, durable); err != nil {
		return fmt.Errorf("reset consumer %s: %w", durable, err)
	}
	return in.start()
}

const againPause = 10 * time.Millisecond

// done takes messages off the stream that became of what they were to, all that were taken up to the last of them:
// together where that is allowed and worth a request, else one by one.
func (in *intake) done(ctx context.Context, all []read) error {
	if in.purges && len(all) > fewMessages {
		last := uint64(0)
		for i := range all {
			last = max(last, all[i].delivery.Seq)
		}
		err := in.stream.Purge(ctx, jetstream.WithPurgeSequence(last+1))
		if err == nil {
			return nil
		}
		// A key that may not do it is not answered, so that every attempt costs a wait.
		in.purges = false
		return errors.Join(fmt.Errorf("purge %s up to %d: %w", bus.StreamIn, last, err), acknowledge(all))
	}
	return acknowledge(all)
}

// fewMessages are acknowledged one by one in any case.
const fewMessages = 16

// acknowledge returns why the last of those that failed did.
func acknowledge(all []read) (failed error) {
	for i := range all {
		if err := all[i].msg.Ack(); err != nil {
			failed = fmt.Errorf("acknowledge message %d: %w", all[i].delivery.Seq, err)
		}
	}
	return failed
}
