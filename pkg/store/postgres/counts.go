package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
)

// Counts implements store.Reading. All figures are of one moment: one snapshot reads every
// row of the timeline and all messages, however long that takes. On a large database it is a
// question for a standby: while it is open, no row that changes meanwhile can be tidied up.
func (s *Store) Counts(ctx context.Context) (store.Counts, error) {
	c := store.Counts{Events: map[string]int{}, Journeys: map[string]store.JourneyCounts{}}
	err := s.snapshot(ctx, func(tx pgx.Tx) error {
		return errors.Join(countTimeline(ctx, tx, &c), countMessages(ctx, tx, &c),
			tx.QueryRow(ctx, `SELECT coalesce(sum(n), 0)::bigint FROM outbox`).Scan(&c.Pending))
	})
	if err != nil {
		return store.Counts{}, fmt.Errorf("count: %w", s.explain(err))
	}
	return c, nil
}

// snapshot reads in a transaction that sees one moment, with no bound on its statements but
// the caller's context.
func (s *Store) snapshot(ctx context.Context, read func(pgx.Tx) error) error {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	// It only read: ending it gives the snapshot back, whatever the answer.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '0', true)`); err != nil {
		return err
	}
	return read(tx)
}

func countTimeline(ctx context.Context, tx pgx.Tx, c *store.Counts) error {
	rows, err := tx.Query(ctx, `SELECT kind, name, sum(n)::bigint FROM (
			SELECT kind, name, count(*) AS n FROM timeline GROUP BY kind, name UNION ALL SELECT kind, name, n FROM gone) every
		GROUP BY kind, name`)
	if err != nil {
		return err
	}
	return every(func(rows pgx.Rows) error {
		var kind store.Kind
		var name string
		var n int
		err := rows.Scan(&kind, &name, &n)
		c.Add(kind, name, n)
		return err
	})(rows)
}

func countMessages(ctx context.Context, tx pgx.Tx, c *store.Counts) error {
	rows, err := tx.Query(ctx, `SELECT journey, channel, template, outcome, reason, count(*)
		FROM message GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`)
	if err != nil {
		return err
	}
	return every(func(rows pgx.Rows) error {
		var m store.MessageCount
		err := rows.Scan(&m.Journey, &m.Channel, &m.Template, &m.Outcome, &m.Reason, &m.Count)
		if m.Outcome == "" {
			c.Open += m.Count
		}
		c.Messages = append(c.Messages, m)
		return err
	})(rows)
}

// Unfinished implements store.Reading. Open messages are counted as batches are committed.
func (s *Store) Unfinished(ctx context.Context) (store.Unfinished, error) {
	var u store.Unfinished
	err := s.query(ctx, func(rows pgx.Rows) error { return rows.Scan(&u.Messages, &u.Outbox) },
		`SELECT (SELECT coalesce(sum(open), 0) FROM partition_offset)::bigint, (SELECT coalesce(sum(n), 0) FROM outbox)::bigint`)
	if err != nil {
		return store.Unfinished{}, fmt.Errorf("count what is unfinished: %w", err)
	}
	return u, nil
}

// Positions implements store.Reading.
func (s *Store) Positions(ctx context.Context) (map[int]store.Position, error) {
	all := map[int]store.Position{}
	err := s.query(ctx, func(rows pgx.Rows) error {
		var bucket int
		var seq int64 // holds 64 bits, unsigned
		var clock pgtype.Int8
		err := rows.Scan(&bucket, &seq, &clock)
		all[bucket] = store.Position{Seq: uint64(seq), Clock: moment(clock)}
		return err
	}, `SELECT bucket, seq, clock FROM partition_offset`)
	if err != nil {
		return nil, fmt.Errorf("read the positions: %w", err)
	}
	return all, nil
}
