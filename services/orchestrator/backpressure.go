package orchestrator

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/bus"
)

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
