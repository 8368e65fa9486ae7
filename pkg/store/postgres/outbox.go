package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// Outbox implements store.Applying.
func (s *Store) Outbox(ctx context.Context, partition int, after uint64, limit int) ([]store.OutboxBatch, error) {
	var batches []store.OutboxBatch
	err := s.query(ctx, func(rows pgx.Rows) error {
		b := store.OutboxBatch{Partition: partition}
		var seq int64
		var packed []byte
		err := rows.Scan(&seq, &packed)
		if err == nil {
			b.Messages, err = form.UnpackOutbox(packed)
		}
		b.Seq = uint64(seq)
		batches = append(batches, b)
		return err
	}, outboxQuery, partition, clamp(after), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read the outbox of partition %d after %d: %w", partition, after, err)
	}
	return batches, nil
}

// OutboxDone implements store.Applying.
func (s *Store) OutboxDone(ctx context.Context, partition int, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if _, err := s.pool.Exec(ctx, dropOutbox, partition, clamp(seq)); err != nil {
		return fmt.Errorf("clear the outbox of partition %d up to %d: %w", partition, seq, s.explain(err))
	}
	return nil
}
