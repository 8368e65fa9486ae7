package listener

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// Broker is the Publisher over JetStream.
type Broker struct{ js jetstream.JetStream }

// NewBroker publishes through a context made by bus.JetStream.
func NewBroker(js jetstream.JetStream) *Broker { return &Broker{js: js} }

var errDisconnected = errors.New("no connection to the broker")

// PublishBatch stores the messages by bus.PublishBatch. Without a connection it fails at once: the provider repeats.
func (b *Broker) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	if !b.js.Conn().IsConnected() {
		return errDisconnected
	}
	_, err := bus.PublishBatch(ctx, b.js, msgs)
	return err
}

// Ready asks the broker for the stream of events.
func (b *Broker) Ready(ctx context.Context) error {
	if !b.js.Conn().IsConnected() {
		return errDisconnected
	}
	if _, err := b.js.Stream(ctx, bus.StreamEvents); err != nil {
		return fmt.Errorf("look up stream %s: %w", bus.StreamEvents, err)
	}
	return nil
}
