package sqlite

import (
	"bytes"
	"database/sql/driver"
	"fmt"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// addErasures checks the times of erasures.
func (b *batch) addErasures() error {
	for i := range b.Erasures {
		at, err := mustStamp("At", b.Erasures[i].At)
		if err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
		b.tombs = append(b.tombs, at)
	}
	return nil
}

// erase removes the people of the batch's erasures: before its other rows, which may
// already be those of somebody new under the same id.
func (b *batch) erase(c *conn) error {
	if len(b.Erasures) == 0 {
		return nil
	}
	unsent, err := b.trimOutbox(c)
	if err != nil {
		return fmt.Errorf("erase from the outbox: %w", err)
	}
	partition := int64(b.Partition)
	for i := range b.Erasures {
		e := &b.Erasures[i]
		for _, step := range []statement{keepGone, dropTimeline, dropPhones, dropProfile, dropWakes, tombMessages} {
			if _, err := c.exec(step, partition, e.Profile); err != nil {
				return fmt.Errorf("erase a profile: %w", err)
			}
		}
		if _, err := c.exec(addErased, partition, b.salt.Profile(e.Profile), b.tombs[i]); err != nil {
			return fmt.Errorf("erase a profile: %w", err)
		}
	}
	for _, m := range unsent {
		if _, err := c.exec(suppressUnsent, b.tombs[m.erasure], partition, m.id); err != nil {
			return fmt.Errorf("erase a profile: %w", err)
		}
	}
	return nil
}

// removed is an outgoing message that an erasure takes out of the outbox.
type removed struct {
	erasure int
	id      string
}

// trimOutbox takes what belongs to the erased out of the partition's outbox.
func (b *batch) trimOutbox(c *conn) ([]removed, error) {
	var unsent []removed
	var batches []store.OutboxBatch
	err := c.each(2, func(row []driver.Value) error {
		seq, _ := row[0].(int64)
		packed, _ := row[1].([]byte)
		messages, err := form.UnpackOutbox(packed)
		left := messages[:0:0]
		for _, m := range messages {
			if i := b.owner(&m); i >= 0 {
				unsent = append(unsent, removed{i, m.ID})
				continue
			}
			left = append(left, m)
		}
		if len(left) < len(messages) {
			batches = append(batches, store.OutboxBatch{Seq: uint64(seq), Messages: left})
		}
		return err
	}, readOutbox, int64(b.Partition))
	for i := 0; i < len(batches) && err == nil; i++ {
		left := &batches[i]
		if len(left.Messages) == 0 {
			_, err = c.exec(dropOutboxRow, int64(b.Partition), int64(left.Seq))
			continue
		}
		var packed bytes.Buffer
		if err = form.PackOutbox(&packed, left.Messages); err == nil {
			_, err = c.exec(trimOutbox, int64(len(left.Messages)), packed.Bytes(), int64(b.Partition), int64(left.Seq))
		}
	}
	return unsent, err
}

// owner is the erasure that an outgoing message falls under; -1: none.
func (b *batch) owner(m *store.Outgoing) int {
	for i := range b.Erasures {
		if b.Erasures[i].Owns(m) {
			return i
		}
	}
	return -1
}
