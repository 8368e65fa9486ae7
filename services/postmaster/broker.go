package postmaster

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// Broker is the Publisher over JetStream.
type Broker struct{ js jetstream.JetStream }

// NewBroker publishes through a context made by bus.JetStream.
func NewBroker(js jetstream.JetStream) *Broker { return &Broker{js: js} }

var errDisconnected = errors.New("no connection to the broker")

// PublishBatch stores the messages by bus.PublishBatch. Without a connection it fails at once: the sender has a queue, and
// is told to come again.
func (b *Broker) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	if !b.js.Conn().IsConnected() {
		return errDisconnected
	}
	_, err := bus.PublishBatch(ctx, b.js, msgs)
	return err
}
