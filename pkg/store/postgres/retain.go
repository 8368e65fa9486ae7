package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// retainRows is how many ids one transaction of Retain removes.
	retainRows = 5000

	monthTables = `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'timeline'::regclass AND c.relname <> 'timeline_other' ORDER BY c.relname`
	forgetIDs = `DELETE FROM timeline_id t USING unnest($1::int[], $2::text[], $3::text[], $4::bigint[]) AS v (bucket, profile, id, n)
		WHERE t.bucket = v.bucket AND t.profile = v.profile AND t.id = v.id AND t.n = v.n`
)

// Retain removes the timeline before a time, in whole months: the month that the time lies
// in stays. Each month's rows go by dropping its table; their ids go before, some thousand
// at a time, so that a profile's history never names what is gone.
//
// That is the horizon of duplicates: an event that is delivered again after its row was
// removed is taken for a new one. Keep the timeline for longer than any producer repeats
// itself. It returns how many months were dropped; what an interrupted call left, the next
// one finishes.
func (s *Store) Retain(ctx context.Context, before time.Time) (int, error) {
	cut := monthOf(before)
	dropped, err := s.retain(ctx, cut)
	if err != nil {
		return dropped, fmt.Errorf("remove the timeline before %s: %w", cut.start().Format("2006-01"), s.explain(err))
	}
	return dropped, nil
}

func (s *Store) retain(ctx context.Context, cut month) (dropped int, err error) {
	var tables []string
	err = s.query(ctx, func(rows pgx.Rows) error {
		var table string
		err := rows.Scan(&table)
		tables = append(tables, table)
		return err
	}, monthTables)
	if err != nil {
		return 0, err
	}
	for _, table := range tables {
		start, err := time.Parse("timeline_2006_01", table)
		if err != nil || monthOf(start) >= cut {
			continue // a table that somebody else has attached is not ours to drop
		}
		if err := s.forget(ctx, table, math.MaxInt64); err != nil {
			return dropped, err
		}
		err = s.transact(ctx, work{write: func(b *pgx.Batch) error {
			b.Queue(`SELECT set_config('lock_timeout', '3s', true)`) // others wait behind us meanwhile
			b.Queue(`DROP TABLE ` + pgx.Identifier{table}.Sanitize())
			return nil
		}})
		if err != nil {
			return dropped, err
		}
		dropped++
		s.log.InfoContext(ctx, "dropped a month of the timeline", "table", table)
	}
	early := cut.start().UnixNano()
	if err := s.forget(ctx, "timeline_other", early); err != nil {
		return dropped, err
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM timeline_other WHERE at < $1`, early)
	return dropped, err
}

// forget removes the ids of a table's rows before a time.
func (s *Store) forget(ctx context.Context, table string, before int64) error {
	var buckets []int32
	var profiles, ids []string
	var numbers []int64
	bucket, at, n := int32(math.MinInt32), int64(math.MinInt64), int64(math.MinInt64)
	for {
		buckets, profiles, ids, numbers = buckets[:0], profiles[:0], ids[:0], numbers[:0]
		err := s.query(ctx, func(rows pgx.Rows) error {
			var profile, id string
			err := rows.Scan(&bucket, &at, &n, &profile, &id)
			buckets, profiles, ids, numbers = append(buckets, bucket), append(profiles, profile), append(ids, id), append(numbers, n)
			return err
		}, `SELECT bucket, at, n, profile, id FROM `+pgx.Identifier{table}.Sanitize()+`
			WHERE (bucket, at, n) > ($1, $2, $3) AND at < $4 ORDER BY bucket, at, n LIMIT $5`, bucket, at, n, before, retainRows)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.transact(ctx, work{write: func(b *pgx.Batch) error {
			b.Queue(forgetIDs, buckets, profiles, ids, numbers)
			return nil
		}})
		if err != nil {
			return err
		}
	}
}
