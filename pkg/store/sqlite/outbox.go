package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"rapport/pkg/store"
)

// besidesData is about how many bytes a message takes besides its data: subject, id, trace.
const besidesData = 192

// packOutbox encodes one commit's outgoing messages as one CBOR value, which replaces what
// is in the buffer: bodies stay the bytes they are, where JSON would make base64 of them.
func packOutbox(to *bytes.Buffer, out []store.Outgoing) error {
	to.Reset()
	size := 0
	for i := range out {
		size += len(out[i].Data) + besidesData
	}
	to.Grow(size)
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
	args := []any{partition, clamp(after), max(limit, 0)}
	err := eachRow(ctx, s.reads.outbox, args, func(scan func(...any) error) error {
		b := store.OutboxBatch{Partition: partition}
		var packed column
		err := scan(&b.Seq, &packed)
		if err == nil {
			b.Messages, err = unpackOutbox(packed.data)
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
