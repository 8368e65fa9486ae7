package bus

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// DeafHolders are Holders whose reader hears nothing and says so to nobody.
func DeafHolders(ctx context.Context, js jetstream.JetStream, deaf time.Duration) (*Holders, error) {
	h := &Holders{
		js: js, log: slog.New(slog.DiscardHandler), deaf: deaf, filters: []string{leaseSubject + "*"}, ended: make(chan struct{}),
		held: map[string]held{}, changed: make(chan struct{}), moved: make(chan struct{}),
	}
	reader, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	reader.consume.Stop()
	<-reader.consume.Closed() // Until then it may hear something.
	running, stop := context.WithCancel(ctx)
	h.stop = stop
	go h.run(running, reader)
	return h, nil
}
