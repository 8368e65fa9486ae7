package orchestrator

import (
	"context"

	"rapport/pkg/bus"
)

// nearlyFull is the part of the dead letters' room from which on every further one is told.
const nearlyFull = 0.8

// lookAtDead tells how full the stream of dead letters is. That stream drops its oldest
// letters rather than refuse new ones, because refusing would stop the work behind a poison
// event; so somebody has to say when it comes to that. It is asked after each letter, which
// are few; an answer that does not come is no reason to hold up anything.
func (o *Orchestrator) lookAtDead(ctx context.Context) {
	stream, err := o.js.Stream(ctx, bus.StreamDead)
	if err != nil {
		o.Logger.WarnContext(ctx, "how full the dead letters are is not known", "error", err)
		return
	}
	info := stream.CachedInfo()
	full := 0.0
	if limit := info.Config.MaxBytes; limit > 0 {
		full = float64(info.State.Bytes) / float64(limit)
	}
	gone := info.State.LastSeq - info.State.Msgs
	o.metrics.deadStream(ctx, full, gone)
	switch {
	case full < nearlyFull:
	case gone > 0:
		o.Logger.ErrorContext(ctx, "the dead letters are full: the oldest are dropped for new ones; "+
			"their originals lie in the stream of events as long as that has room", "letters", info.State.Msgs, "dropped", gone)
	default:
		o.Logger.WarnContext(ctx, "the dead letters are nearly full; then the oldest are dropped: look at them and remove what is dealt with",
			"letters", info.State.Msgs)
	}
}
