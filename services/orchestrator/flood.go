package orchestrator

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
)

// flood tells whether more messages lie in SEND than workers will have sent in a moment. Then nobody gets anything
// sooner for timers that are fired at once, while the broker keeps in memory what was written in the last seconds and
// what is read far behind it: with 70,000 decided mails in line the garbage collector took a quarter of two processors.
type flood struct {
	asked, is atomic.Bool
}

const (
	// flooded is how many messages workers have before them then: what one mailer sends in about a second.
	flooded = 1000
	// floodLook is how often the stream is looked at while somebody asks.
	floodLook = 250 * time.Millisecond
)

// yes answers as of the last look, and has another one taken.
func (f *flood) yes() bool {
	f.asked.Store(true)
	return f.is.Load()
}

// watch looks as long as somebody asks, until ctx ends.
func (f *flood) watch(ctx context.Context, js jetstream.JetStream) {
	tick := time.NewTicker(floodLook)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if f.asked.Swap(false) {
			if err := f.look(ctx, js); err != nil {
				f.is.Store(false) // Timers go on when that is not known, as they do when it is.
			}
		}
	}
}

func (f *flood) look(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, expressWithin)
	defer cancel()
	stream, err := js.Stream(ctx, bus.StreamSend)
	if err != nil {
		return fmt.Errorf("look up %s: %w", bus.StreamSend, err)
	}
	f.is.Store(stream.CachedInfo().State.Msgs > flooded)
	return nil
}
