package sqlite

import (
	"context"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"rapport/pkg/store"
)

// packOutbox encodes one commit's outgoing messages as one CBOR value: bodies stay the
// bytes they are, where JSON would make base64 of them.
func packOutbox(out []store.Outgoing) ([]byte, error) {
	data, err := cbor.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode the outbox: %w", err)
	}
	return data, nil
}

// unpackOutbox is the inverse of packOutbox. It accepts text that is not UTF-8, because
// packOutbox writes what it is given and a batch that cannot be read would block the relay
// for ever.
func unpackOutbox(data []byte) ([]store.Outgoing, error) {
	mode, err := cbor.DecOptions{
		UTF8:             cbor.UTF8DecodeInvalid,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("set up CBOR: %w", err)
	}
	var out []store.Outgoing
	if err := mode.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("decode the outbox: %w", err)
	}
	return out, nil
}

// Outbox implements store.Applying.
func (s *Store) Outbox(ctx context.Context, partition int, after uint64, limit int) ([]store.OutboxBatch, error) {
	fail := func(err error) ([]store.OutboxBatch, error) {
		return nil, fmt.Errorf("read the outbox of partition %d after %d: %w", partition, after, s.explain(err))
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	rows, err := s.reads.outbox.QueryContext(context.WithoutCancel(ctx), partition, clamp(after), max(limit, 0))
	if err != nil {
		return fail(err)
	}
	defer func() { _ = rows.Close() }() // its error is also that of rows.Err
	var batches []store.OutboxBatch
	for rows.Next() {
		b := store.OutboxBatch{Partition: partition}
		var data []byte
		if err := rows.Scan(&b.Seq, &data); err != nil {
			return fail(err)
		}
		if b.Messages, err = unpackOutbox(data); err != nil {
			return fail(fmt.Errorf("batch %d: %w", b.Seq, err))
		}
		batches = append(batches, b)
	}
	if err := rows.Err(); err != nil {
		return fail(err)
	}
	return batches, nil
}

// OutboxDone implements store.Applying.
func (s *Store) OutboxDone(ctx context.Context, partition int, seq uint64) error {
	err := s.writer.do(ctx, 1, func(c *conn) error {
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
