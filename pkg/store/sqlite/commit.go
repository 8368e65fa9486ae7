package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"rapport/pkg/store"
	"rapport/pkg/store/packing"
)

// offset is a partition's row: who owns it, how far it has come, and the number of its
// last outbox batch.
type offset struct {
	epoch, seq uint64
	clock      any // as stored: int64 or nil
	outbox     int64
}

// offsetOf reads a partition's row; ok is false when the partition was never acquired.
func offsetOf(c *conn, partition int) (o offset, ok bool, err error) {
	row := make([]driver.Value, 4)
	ok, err = c.row(row, readOffset, int64(partition))
	if err != nil || !ok {
		return offset{}, false, err
	}
	epoch, _ := row[0].(int64)
	seq, _ := row[1].(int64)
	last, _ := row[3].(int64)
	return offset{epoch: uint64(epoch), seq: uint64(seq), clock: row[2], outbox: last}, true, nil
}

// Acquire implements store.Applying.
func (s *Store) Acquire(ctx context.Context, partition int, epoch uint64) (store.Position, error) {
	var at offset
	tombs := false
	err := s.writer.do(ctx, 1, func(c *conn) error {
		o, ok, err := offsetOf(c, partition)
		if err != nil {
			return err
		}
		if at = o; !ok {
			_, err = c.exec(addOffset, int64(epoch), int64(partition))
			return err
		}
		if _, err := c.exec(dropResting, int64(partition)); err != nil {
			return err
		}
		if o.epoch > epoch {
			return fmt.Errorf("epoch %d, the owner has %d: %w", epoch, o.epoch, store.ErrFenced)
		}
		if _, err := c.exec(takeOffset, int64(epoch), int64(partition)); err != nil {
			return err
		}
		tombs, err = c.row(make([]driver.Value, 1), readErased, int64(partition))
		return err
	})
	if err == nil {
		s.erased.Store(partition, tombs)
	}
	if err != nil {
		return store.Position{}, fmt.Errorf("acquire partition %d: %w", partition, err)
	}
	return store.Position{Seq: at.seq, Clock: momentOf(at.clock)}, nil
}

// Commit implements store.Applying.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	// Outboxes are most of what a commit weighs; the driver has its own copy of one by the
	// time it was written, or never will have.
	packed, _ := s.packed.Get().(*bytes.Buffer)
	if packed == nil {
		packed = &bytes.Buffer{}
	}
	defer s.packed.Put(packed)
	rows, err := s.encode(b, packed)
	if err == nil {
		if len(b.Erasures) > 0 {
			s.erased.Store(b.Partition, true) // Before anybody can see that it happened.
		}
		do := s.writer.do
		switch {
		case b.From == b.To:
			do = s.writer.behind // No event led to it.
		case len(b.Outbox) == 0:
			do = s.writer.along // Nothing goes out because of it.
		}
		err = do(ctx, rows.size(), rows.write)
	}
	if err != nil {
		return fmt.Errorf("commit partition %d from %d to %d: %w", b.Partition, b.From.Seq, b.To.Seq, err)
	}
	return nil
}

// batch is a Batch ready to be written: encoded by the caller, on its own processor, so
// that the one writer only writes.
type batch struct {
	*store.Batch
	from, to any // clocks
	rows     []batchRow
	args     []any // of all rows, one after the other
	outbox   *bytes.Buffer
	salt     store.Salt
	packer   *packing.Packer
	fired    map[string]int64 // what the last Due found, by profile
	tombs    []any            // the times of erasures
}

// batchRow is one row of a batch: a statement, its arguments, and how to name it.
type batchRow struct {
	statement statement
	what, id  string
	args      []any
}

func (b *batch) size() int { return len(b.rows) + 2 }

// write is the body of a commit. It may run again only after its effects were undone.
func (b *batch) write(c *conn) error {
	o, ok, err := offsetOf(c, b.Partition)
	switch {
	case err != nil:
		return err
	case !ok || o.epoch != b.Epoch:
		return fmt.Errorf("epoch %d, the owner has %d: %w", b.Epoch, o.epoch, store.ErrFenced)
	case o.seq != b.From.Seq || o.clock != b.from:
		return fmt.Errorf("the position is %d at %s, the batch starts at %d at %s: %w",
			o.seq, momentOf(o.clock), b.From.Seq, b.From.Clock, store.ErrPosition)
	}
	if err := b.erase(c); err != nil {
		return err
	}
	for i := range b.rows {
		r := &b.rows[i]
		var err error
		if r.statement == keepProfile {
			err = writeProfile(c, r.args)
		} else {
			_, err = c.exec(r.statement, r.args...)
		}
		if err != nil {
			if exists(err) {
				err = errors.Join(store.ErrExists, err)
			}
			return fmt.Errorf("%s %s: %w", r.what, r.id, err)
		}
	}
	if len(b.Outbox) > 0 {
		o.outbox++
		if _, err := c.exec(addOutbox, int64(b.Partition), o.outbox, int64(len(b.Outbox)), b.outbox.Bytes()); err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
	}
	_, err = c.exec(moveOffset, int64(b.To.Seq), b.to, o.outbox, int64(b.Partition))
	return err
}

// writeProfile writes one profile, by the arguments that keepProfile, moveProfile and putProfile share.
func writeProfile(c *conn, args []any) error {
	for _, s := range [...]statement{keepProfile, moveProfile, putProfile} {
		n, err := c.exec(s, args...)
		switch wake := args[7]; {
		case err != nil:
			return err
		case n == 0:
			continue
		case s != keepProfile && wake != nil:
			_, err = c.exec(addWake, args[0], wake, args[1])
			return err
		}
		return nil
	}
	return nil
}

// encode checks a batch and turns it into rows, and its outbox into bytes in packed.
func (s *Store) encode(sb *store.Batch, packed *bytes.Buffer) (*batch, error) {
	b := &batch{Batch: sb, outbox: packed, salt: s.salt, packer: s.packer, fired: s.firedOf(sb.Partition)}
	var errs [3]error
	b.from, errs[0] = stamp("From.Clock", sb.From.Clock)
	b.to, errs[1] = stamp("To.Clock", sb.To.Clock)
	if sb.To.Seq < sb.From.Seq {
		errs[2] = errors.New("the batch ends before it starts")
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	b.rows = make([]batchRow, 0, len(sb.Profiles)+len(sb.Timeline)+len(sb.Messages)+len(sb.Outcomes)+len(sb.Resting)+len(sb.Arms))
	b.args = make([]any, 0, profileArgs*len(sb.Profiles)+timelineArgs*len(sb.Timeline)+messageArgs*len(sb.Messages))
	for _, add := range []func() error{
		b.addProfiles, b.addTimeline, b.addMessages, b.addOutcomes, b.addOutbox, b.addTallies, b.addErasures, b.addPhones,
		b.addReleases, b.addSuppressions, b.addIdentities,
	} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return b, nil
}
