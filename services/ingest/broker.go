package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// Broker is the Publisher over JetStream.
type Broker struct{ js jetstream.JetStream }

// NewBroker publishes through a context made by bus.JetStream.
func NewBroker(js jetstream.JetStream) *Broker { return &Broker{js: js} }

var errDisconnected = errors.New("no connection to the broker")

// PublishBatch stores the messages by bus.PublishBatch. Without a connection it fails at
// once: the client would otherwise keep the messages for later and let us wait for an
// answer that cannot come.
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

// Bury implements DeadLetters by bus.Bury.
func (b *Broker) Bury(ctx context.Context, l DeadLetter) error {
	if !b.js.Conn().IsConnected() {
		return errDisconnected
	}
	header := nats.Header{}
	for name, values := range l.Header {
		if !proves(name) {
			header[name] = values
		}
	}
	return bus.Bury(ctx, b.js, "ingest", bus.Body{Source: l.Source, Header: header, Data: l.Body, Received: l.Arrival}, bus.Because(bus.Refused, l.Reason))
}

// proves reports whether a header shows who sent a request, or from where: it must not be kept.
func proves(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"signature", "hmac", "auth", "cookie", "secret", "token", "key", "forwarded", "-ip", "nats-"}, func(part string) bool {
		return strings.Contains(name, part)
	})
}
