package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
)

const profileColumns = `id, state, known, orders, last_order_at, updated_at, wake, snapshot`

// scanProfile reads one row of profileColumns.
func scanProfile(rows pgx.Rows) (store.ProfileRow, error) {
	var p store.ProfileRow
	var orders int64
	var order, updated, wake pgtype.Int8
	err := rows.Scan(&p.ID, &p.State, &p.Known, &orders, &order, &updated, &wake, &p.Snapshot)
	p.State, p.Orders = orEmpty(p.State), int(orders)
	p.LastOrderAt, p.UpdatedAt, p.Wake = moment(order), moment(updated), moment(wake)
	return p, err
}

// Profile implements store.Replaying.
func (s *Store) Profile(ctx context.Context, partition int, id string) (store.ProfileRow, error) {
	var p store.ProfileRow
	found := false
	err := s.query(ctx, func(rows pgx.Rows) (err error) {
		p, err = scanProfile(rows)
		found = true
		return err
	}, `SELECT `+profileColumns+` FROM profile WHERE bucket = $1 AND id = $2`, partition, id)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.ProfileRow{}, fmt.Errorf("read a profile of partition %d: %w", partition, err)
	}
	return p, nil
}

// Profiles implements store.Replaying.
func (s *Store) Profiles(ctx context.Context, partition int, afterID string, limit int) ([]store.ProfileRow, error) {
	var profiles []store.ProfileRow
	err := s.query(ctx, func(rows pgx.Rows) error {
		p, err := scanProfile(rows)
		profiles = append(profiles, p)
		return err
	}, `SELECT `+profileColumns+` FROM profile WHERE bucket = $1 AND id > $2 ORDER BY id LIMIT $3`, partition, afterID, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read profiles of partition %d: %w", partition, err)
	}
	return profiles, nil
}

// staleQuery walks from one snapshot that profiles of the bucket have met to the next, all
// by the index, and takes the first ids of each that is not the given one.
const staleQuery = `WITH RECURSIVE met (snapshot) AS (
		(SELECT snapshot FROM profile WHERE bucket = $1 ORDER BY snapshot LIMIT 1)
		UNION ALL
		SELECT (SELECT p.snapshot FROM profile p WHERE p.bucket = $1 AND p.snapshot > met.snapshot ORDER BY p.snapshot LIMIT 1)
		FROM met WHERE met.snapshot IS NOT NULL
	)
	SELECT found.id FROM met CROSS JOIN LATERAL (
		SELECT p.id FROM profile p WHERE p.bucket = $1 AND p.snapshot = met.snapshot AND p.id > $3 ORDER BY p.id LIMIT $4
	) found WHERE met.snapshot <> $2 ORDER BY found.id LIMIT $4`

// Stale implements store.Refreshing.
func (s *Store) Stale(ctx context.Context, partition int, snapshot, afterID string, limit int) ([]string, error) {
	var ids []string
	err := s.query(ctx, func(rows pgx.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, staleQuery, partition, snapshot, afterID, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read stale profiles of partition %d: %w", partition, err)
	}
	return ids, nil
}

// StaleCount implements store.Refreshing. One query a partition keeps each of them short.
func (s *Store) StaleCount(ctx context.Context, snapshot string) (int, error) {
	positions, err := s.Positions(ctx)
	if err != nil {
		return 0, fmt.Errorf("count stale profiles: %w", err)
	}
	sum := 0
	for partition := range positions {
		err := s.query(ctx, func(rows pgx.Rows) error {
			var n int
			err := rows.Scan(&n)
			sum += n
			return err
		}, `SELECT (SELECT count(*) FROM profile WHERE bucket = $1 AND snapshot < $2)
			+ (SELECT count(*) FROM profile WHERE bucket = $1 AND snapshot > $2)`, partition, snapshot)
		if err != nil {
			return 0, fmt.Errorf("count stale profiles: %w", err)
		}
	}
	return sum, nil
}
