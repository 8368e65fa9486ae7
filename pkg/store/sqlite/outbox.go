package sqlite

import (
	"context"
	"fmt"
	"math"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// Outbox implements store.Applying.
func (s *Store) Outbox(ctx context.Context, partition int, after uint64, limit int) ([]store.OutboxBatch, error) {
	var batches []store.OutboxBatch
	args := []any{partition, clamp(after), max(limit, 0)}
	err := eachRow(ctx, s.reads.outbox, args, func(scan func(...any) error) error {
		b := store.OutboxBatch{Partition: partition}
		var packed column
		err := scan(&b.Seq, &packed)
		if err == nil {
			b.Messages, err = form.UnpackOutbox(packed.data)
		}
		batches = append(batches, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox of partition %d after %d: %w", partition, after, s.explain(err))
	}
	return batches, nil
}

// OutboxDone implements store.Applying.
func (s *Store) OutboxDone(ctx context.Context, partition int, seq uint64) error {
	err := s.writer.along(ctx, 1, func(c *conn) error {
		_, err := c.exec(dropOutbox, int64(partition), clamp(seq))
		return err
	})
	if err != nil {
		return fmt.Errorf("clear the outbox of partition %d up to %d: %w", partition, seq, err)
	}
	return nil
}

// clamp turns a number of a batch into one to compare with; our own start at 1 and end
// long before the limit.
func clamp(seq uint64) int64 { return int64(min(seq, math.MaxInt64)) }
