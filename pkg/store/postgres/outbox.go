package postgres

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"
	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
)

// packOutbox encodes one commit's outgoing messages as one CBOR value, which replaces what
// is in the buffer: bodies stay the bytes they are, where JSON would make base64 of them.
func packOutbox(to *bytes.Buffer, out []store.Outgoing) error {
	to.Reset()
	if err := cbor.MarshalToBuffer(out, to); err != nil {
		return fmt.Errorf("encode the outbox: %w", err)
	}
	return nil
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
	var batches []store.OutboxBatch
	err := s.query(ctx, func(rows pgx.Rows) error {
		b := store.OutboxBatch{Partition: partition}
		var seq int64
		var packed []byte
		err := rows.Scan(&seq, &packed)
		if err == nil {
			b.Messages, err = unpackOutbox(packed)
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
