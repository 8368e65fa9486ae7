package orchestrator

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/store"
)

// maxOutgoing is how large a message may be: the streams take 1 MiB with headers.
const maxOutgoing = 1<<20 - 16<<10

// fits refuses what no stream would take. In the outbox it would hold up everybody's
// messages for ever; so whoever has too much known of them gets none.
func fits(out []store.Outgoing) error {
	for i := range out {
		if n := len(out[i].Data); n > maxOutgoing {
			return bus.Because(bus.TooLarge, bus.Permanent(fmt.Errorf("%s would have %d bytes, at most %d can be published: keep less in traits and events", out[i].ID, n, maxOutgoing)))
		}
	}
	return nil
}

const (
	// roomPause is how long a partition rests before it looks again whether there is room.
	roomPause = time.Second
	// crowded is the part of the room of EVENTS from which on events are applied although
	// the outbox is full: receipts and facts need room there, and it is made only behind
	// what has been applied. Both waiting for each other would be the end.
	crowded = 0.9
)

// room reports whether more may be decided. While SEND takes nothing, messages gather in
// the outbox, up to Options.MaxOutbox for each partition; then events wait in their stream.
func (w *worker) room(ctx context.Context) bool {
	waiting, refused := w.o.relay.waitingFor(w.partition)
	if !refused || waiting < w.o.MaxOutbox {
		if w.held {
			w.held = false
			w.log.InfoContext(ctx, "messages are taken again, events are applied")
			w.o.metrics.held(ctx, w.partition, false)
		}
		return true
	}
	if !w.held {
		w.held = true
		w.log.ErrorContext(ctx, "the stream of messages takes nothing and the outbox is full: events wait until there is room",
			"messages", waiting, "limit", w.o.MaxOutbox)
		w.o.metrics.held(ctx, w.partition, true)
	}
	if full, err := w.o.crowded(ctx); err != nil {
		w.log.WarnContext(ctx, "how full the stream of events is is not known", "error", err)
	} else if full {
		return true
	}
	w.spared()
	pause(ctx, roomPause)
	return false
}

// crowded reports whether EVENTS is nearly full.
func (o *Orchestrator) crowded(ctx context.Context) (bool, error) {
	stream, err := o.js.Stream(ctx, bus.StreamEvents)
	if err != nil {
		return false, fmt.Errorf("look up %s: %w", bus.StreamEvents, err)
	}
	info := stream.CachedInfo()
	return info.Config.MaxBytes > 0 && float64(info.State.Bytes) >= crowded*float64(info.Config.MaxBytes), nil
}
