package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrDisconnected says that there is no connection to the broker at this moment.
var ErrDisconnected = errors.New("no connection to the broker")

// Broker is what services that take things in store them with. Somebody waits for their answer who can repeat: without a
// connection it fails at once, where the client would keep the messages for later and let all wait for an answer that
// cannot come. It is safe for concurrent use.
type Broker struct{ js jetstream.JetStream }

// NewBroker publishes through a context made by JetStream.
func NewBroker(js jetstream.JetStream) *Broker { return &Broker{js: js} }

// PublishBatch stores the messages as the function PublishBatch does, or fails with ErrDisconnected.
func (b *Broker) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	if !b.js.Conn().IsConnected() {
		return ErrDisconnected
	}
	_, err := PublishBatch(ctx, b.js, msgs)
	return err
}

// Ready asks the broker for the stream of events, and fails with ErrDisconnected or with what the broker says.
func (b *Broker) Ready(ctx context.Context) error {
	if !b.js.Conn().IsConnected() {
		return ErrDisconnected
	}
	if _, err := b.js.Stream(ctx, StreamEvents); err != nil {
		return fmt.Errorf("look up stream %s: %w", StreamEvents, err)
	}
	return nil
}
