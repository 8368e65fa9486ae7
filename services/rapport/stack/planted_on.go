//go:build planted_bug

package stack

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/store"
	"rapport/services/orchestrator"
)

// planted is a store with a fault that the chaos command has to find, or it would find none:
// events are acknowledged before they are committed. Nothing that is shipped has it.
func planted(st orchestrator.Store) orchestrator.Store { return ackFirst{st} }

type ackFirst struct{ orchestrator.Store }

// gap is how long the batch comes behind its acknowledgement: as if several were gathered. A
// minute of faults then finds the bug for certain, and not by luck.
const gap = 100 * time.Millisecond

// Commit moves the position in a transaction of its own, ahead of the batch. Whoever dies in
// between has lost the batch's events.
func (a ackFirst) Commit(ctx context.Context, b *store.Batch) error {
	if b.From == b.To {
		return a.Store.Commit(ctx, b)
	}
	ahead := store.Batch{Partition: b.Partition, Epoch: b.Epoch, From: b.From, To: b.To}
	if err := a.Store.Commit(ctx, &ahead); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	<-time.After(gap)
	rest := *b
	rest.From = b.To
	return a.Store.Commit(ctx, &rest)
}
