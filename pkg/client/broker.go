package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
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
	futures := make([]jetstream.PubAckFuture, len(batch))
	for i, e := range batch {
		futures[i], said[i] = b.js.PublishMsgAsync(b.message(e), jetstream.WithRetryAttempts(0))
	}
	for i, f := range futures {
		if f == nil {
			said[i] = verdict(batch[i].call.ID, said[i])
			continue
		}
		select {
		case <-f.Ok():
		case err := <-f.Err():
			said[i] = verdict(batch[i].call.ID, err)
		case <-ctx.Done():
			said[i] = &setback{err: fmt.Errorf("client: the broker does not confirm: %w", context.Cause(ctx))}
		}
	}
	return said
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
