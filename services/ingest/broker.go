package ingest

import (
	"context"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// Broker is the Publisher over JetStream, and DeadLetters.
type Broker struct {
	*bus.Broker
	js jetstream.JetStream
}

// NewBroker publishes through a context made by bus.JetStream.
func NewBroker(js jetstream.JetStream) *Broker { return &Broker{bus.NewBroker(js), js} }

// Bury implements DeadLetters by bus.Bury.
func (b *Broker) Bury(ctx context.Context, l DeadLetter) error {
	if !b.js.Conn().IsConnected() {
		return bus.ErrDisconnected
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
