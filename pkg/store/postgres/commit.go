package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
)

// offset is a bucket's row: who owns it, how far it has come, and the last numbers given.
type offset struct {
	known        bool // the bucket was ever acquired
	epoch, seq   int64
	clock        pgtype.Int8
	outbox, line int64
}

// lock queues the statement that every transaction of a batch begins with: it reads the
// bucket's row and keeps others from it until the end.
func (o *offset) lock(b *pgx.Batch, bucket int) {
	b.Queue(lockOffset, bucket).Query(func(rows pgx.Rows) error {
		*o = offset{}
		return every(func(rows pgx.Rows) error {
			o.known = true
			return rows.Scan(&o.epoch, &o.seq, &o.clock, &o.outbox, &o.line)
		})(rows)
	})
}

// Acquire implements store.Applying.
func (s *Store) Acquire(ctx context.Context, partition int, epoch uint64) (store.Position, error) {
	var at offset
	tombs := false
	err := s.transact(ctx, work{
		ask: func(b *pgx.Batch) { at.lock(b, partition) },
		write: func(b *pgx.Batch) error {
			b.Queue(anyErased, partition).QueryRow(func(row pgx.Row) error { return row.Scan(&tombs) })
			switch {
			case !at.known:
				b.Queue(addOffset, partition, int64(epoch)).Exec(func(tag pgconn.CommandTag) error {
					if tag.RowsAffected() == 0 { // somebody else has acquired it since
						return errAgain
					}
					return nil
				})
				return nil
			case uint64(at.epoch) > epoch:
				return fmt.Errorf("epoch %d, the owner has %d: %w", epoch, uint64(at.epoch), store.ErrFenced)
			}
			b.Queue(takeOffset, partition, int64(epoch))
			b.Queue(dropResting, partition)
			return nil
		},
	})
	if err == nil {
		s.erased.Store(partition, tombs)
	}
	if err != nil {
		return store.Position{}, fmt.Errorf("acquire partition %d: %w", partition, err)
	}
	return store.Position{Seq: uint64(at.seq), Clock: moment(at.clock)}, nil
}

// Commit implements store.Applying.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	packed, _ := s.packed.Get().(*bytes.Buffer)
	if packed == nil {
		packed = &bytes.Buffer{}
	}
	defer s.packed.Put(packed)
	c, err := encode(b, packed, s.salt)
	if err == nil {
		s.months.need(ctx, b.Timeline)
		err = s.commit(ctx, b, c)
	}
	if err != nil {
		return fmt.Errorf("commit partition %d from %d to %d: %w", b.Partition, b.From.Seq, b.To.Seq, err)
	}
	return nil
}

func (s *Store) commit(ctx context.Context, b *store.Batch, c *columns) error {
	var o offset
	err := s.transact(ctx, work{
		ask: func(q *pgx.Batch) {
			o.lock(q, b.Partition)
			if c.erasures != nil {
				c.erasures.lock(q, b.Partition)
			}
		},
		write: func(q *pgx.Batch) error {
			switch {
			case !o.known || uint64(o.epoch) != b.Epoch:
				return fmt.Errorf("epoch %d, the owner has %d: %w", b.Epoch, uint64(o.epoch), store.ErrFenced)
			case uint64(o.seq) != b.From.Seq || o.clock != c.from:
				return fmt.Errorf("the position is %d at %s, the batch starts at %d at %s: %w",
					uint64(o.seq), moment(o.clock), b.From.Seq, b.From.Clock, store.ErrPosition)
			}
			if c.erasures != nil {
				s.erased.Store(b.Partition, true) // Before anybody can see that it happened.
				if err := c.erasures.queue(q, b.Partition); err != nil {
					return err
				}
			}
			c.queue(q, b, &o, s.fired(b.Partition, false).horizon)
			c.queueLists(q, b, s.salt)
			return nil
		},
	})
	if exists(err) { // the keys of timeline rows and messages are all that a batch can violate
		err = errors.Join(store.ErrExists, err)
	}
	return err
}

// queue queues all that a batch writes, after its position was found to be the right one.
// Rows of wake before fired are past.
func (c *columns) queue(q *pgx.Batch, b *store.Batch, o *offset, fired int64) {
	with := func(columns []any) []any { return append([]any{b.Partition}, columns...) }
	if c.profiles != nil {
		q.Queue(putProfiles, append(with(c.profiles), fired)...)
	}
	if c.timeline != nil {
		q.Queue(addTimeline, append([]any{b.Partition, o.line + 1}, c.timeline...)...)
	}
	if c.messages != nil {
		q.Queue(addMessages, with(c.messages)...)
	}
	if c.resting != nil {
		q.Queue(addResting, with(c.resting)...)
	}
	if c.arms != nil {
		q.Queue(addArms, with(c.arms)...)
	}
	if c.identities != nil {
		q.Queue(putIdentities, with(c.identities)...)
	}
	if c.strangers != nil {
		q.Queue(dropIdentities, with(c.strangers)...)
	}
	if c.outbox != nil {
		o.outbox++
		q.Queue(addOutbox, b.Partition, o.outbox, len(b.Outbox), c.outbox.Bytes())
	}
	q.Queue(moveOffset, b.Partition, int64(b.To.Seq), c.to, o.outbox, o.line+int64(len(b.Timeline)), c.open, c.nearest)
	for _, round := range c.outcomes {
		q.Queue(setOutcomes, with(round)...)
	}
}
