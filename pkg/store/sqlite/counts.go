package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rapport/pkg/store"
)

// Counts implements store.Reading. All figures are of one moment.
func (s *Store) Counts(ctx context.Context) (store.Counts, error) {
	c := store.Counts{Events: map[string]int{}, Journeys: map[string]store.JourneyCounts{}}
	tx, err := s.reads.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		for _, count := range []func(context.Context, *sql.Tx, *store.Counts) error{countTimeline, countMessages, countPending} {
			err = errors.Join(err, count(ctx, tx, &c))
		}
		// It only read: ending it gives the snapshot back, whatever the answer.
		_ = tx.Rollback()
	}
	if err != nil {
		return store.Counts{}, fmt.Errorf("count: %w", s.explain(err))
	}
	return c, nil
}

func countTimeline(ctx context.Context, tx *sql.Tx, c *store.Counts) (err error) {
	rows, err := tx.QueryContext(ctx, `SELECT kind, name, sum(n) FROM (
			SELECT kind, name, count(*) AS n FROM timeline GROUP BY kind, name UNION ALL SELECT kind, name, n FROM gone)
		GROUP BY kind, name`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var kind store.Kind
		var name string
		var n int
		if err := rows.Scan(&kind, &name, &n); err != nil {
			return err
		}
		c.Add(kind, name, n)
	}
	return rows.Err()
}

func countMessages(ctx context.Context, tx *sql.Tx, c *store.Counts) (err error) {
	rows, err := tx.QueryContext(ctx, `SELECT journey, channel, template, coalesce(outcome, ''), coalesce(reason, ''), count(*)
		FROM message GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var m store.MessageCount
		if err := rows.Scan(&m.Journey, &m.Channel, &m.Template, &m.Outcome, &m.Reason, &m.Count); err != nil {
			return err
		}
		if m.Outcome == "" {
			c.Open += m.Count
		}
		c.Messages = append(c.Messages, m)
	}
	return rows.Err()
}

func countPending(ctx context.Context, tx *sql.Tx, c *store.Counts) error {
	return tx.QueryRowContext(ctx, `SELECT coalesce(sum(n), 0) FROM outbox`).Scan(&c.Pending)
}
