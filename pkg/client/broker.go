package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// broker publishes each event to the stream of the NATS door, as a CloudEvent in structured
// mode (CloudEvents, NATS protocol binding).
type broker struct {
	js     jetstream.JetStream
	source string
}

// inPrefix is the subject of the NATS door, before the sender's name.
const inPrefix = "in."

func newBroker(o *Options) (courier, func(), error) {
	nc, release := o.NATS, func() {}
	if nc == nil {
		own := append([]nats.Option{nats.Name("rapport client " + o.Source), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1)}, o.NATSOptions...)
		var err error
		if nc, err = nats.Connect(o.NATSURL, own...); err != nil {
			return nil, nil, fmt.Errorf("client: connect to NATS: %w", err)
		}
		release = nc.Close
	}
	js, err := jetstream.New(nc,
		jetstream.WithPublishAsyncMaxPending(max(o.Batch*o.Concurrency, 256)),
		jetstream.WithPublishAsyncTimeout(o.Timeout))
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("client: open jetstream: %w", err)
	}
	return &broker{js: js, source: o.Source}, release, nil
}

func (b *broker) carry(ctx context.Context, batch []*entry) []error {
	said := make([]error, len(batch))
	for at := 0; at < len(batch); at += mostTogether {
		part, about := batch[at:min(at+mostTogether, len(batch))], said[at:]
		if len(part) <= few || !b.whole(ctx, part, about) {
			b.singly(ctx, part, about)
		}
	}
	return said
}

// A broker takes up to a thousand messages in one atomic batch. Few are cheaper singly: it makes files for
// each batch.
const few, mostTogether = 16, 1000

// singly publishes each event by itself, all at once.
func (b *broker) singly(ctx context.Context, batch []*entry, said []error) {
	futures := make([]jetstream.PubAckFuture, len(batch))
	for i, e := range batch {
		futures[i], said[i] = b.js.PublishMsgAsync(b.message(e), jetstream.WithRetryAttempts(0))
	}
	for i, f := range futures {
		if f != nil {
			said[i] = await(ctx, f)
		}
		if said[i] != nil {
			said[i] = verdict(batch[i].call.ID, said[i])
		}
	}
}

// await returns what the broker says of a message.
func await(ctx context.Context, f jetstream.PubAckFuture) error {
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// whole publishes events as an atomic batch (NATS ADR-50), which a broker that syncs what it stores syncs
// once. It reports false when the broker refuses the batch for what is in it, or because it
// knows no such batches; published singly, each message is judged by itself.
func (b *broker) whole(ctx context.Context, batch []*entry, said []error) bool {
	f, err := b.send(batch)
	if err == nil {
		err = await(ctx, f)
	}
	if err == nil {
		return true
	}
	var api *jetstream.APIError
	if errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.Code == 400 {
		return false
	}
	for i, e := range batch {
		said[i] = verdict(e.call.ID, err)
	}
	return true
}

// send hands over an atomic batch; its last message is answered for all. The messages have no ids: the
// door knows events by their own, and one that comes twice would have the broker refuse the batch.
func (b *broker) send(batch []*entry) (jetstream.PubAckFuture, error) {
	id, last := nuid.Next(), len(batch)-1
	message := func(i int) *nats.Msg {
		msg := b.message(batch[i])
		msg.Header.Del(jetstream.MsgIDHeader)
		msg.Header["Nats-Batch-Id"] = []string{id}
		msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		return msg
	}
	for i := range last {
		if err := b.js.Conn().PublishMsg(message(i)); err != nil {
			return nil, err
		}
	}
	commit := message(last)
	commit.Header["Nats-Batch-Commit"] = []string{"1"}
	return b.js.PublishMsgAsync(commit, jetstream.WithRetryAttempts(0))
}

func (b *broker) message(e *entry) *nats.Msg {
	msg := nats.NewMsg(inPrefix + b.source)
	msg.Data = e.body
	msg.Header.Set(jetstream.MsgIDHeader, b.source+"#"+e.call.ID)
	msg.Header.Set("content-type", "application/cloudevents+json")
	if e.traceparent != "" {
		msg.Header["traceparent"] = []string{e.traceparent}
	}
	return msg
}

// verdict says whether what the broker says may pass.
func verdict(id string, err error) error {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return reject(id, "data", "makes a message that the broker does not take: "+err.Error())
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return &setback{err: fmt.Errorf("client: no stream takes events of %s* at this broker: start the NATS door: %w", inPrefix, err)}
	case errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("client: %w", err)
	case errors.As(err, &api) && api.Code == 400:
		return reject(id, "", "the broker does not take it: "+err.Error())
	}
	return &setback{err: fmt.Errorf("client: the broker does not confirm: %w", err)}
}
