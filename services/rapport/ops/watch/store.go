package watch

import (
	"context"
	"fmt"
)

// unfinished looks at what is still on its way through the store.
func (w *Watch) unfinished(ctx context.Context) ([]sample, error) {
	u, err := w.o.Store.Unfinished(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask what is unfinished: %w", err)
	}
	return []sample{at(outboxPending, float64(u.Outbox)), at(messagesOpen, float64(u.Messages))}, nil
}

// timers looks at how late the earliest timer of each partition is. Partitions are those
// that somebody has worked on.
func (w *Watch) timers(ctx context.Context) ([]sample, error) {
	positions, err := w.o.Store.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up the positions: %w", err)
	}
	out := make([]sample, 0, len(positions))
	for p := range positions {
		due, ok, err := w.o.Store.NextDue(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("partition %d: look up its next timer: %w", p, err)
		}
		late := 0.0
		if ok {
			late = max(0, w.o.now().Sub(due).Seconds())
		}
		out = append(out, at(timerOverdue, late, ofPartition(p)))
	}
	return out, nil
}
