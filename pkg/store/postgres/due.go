package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// When profiles wake. profile.wake is what counts; the table wake says where to look, and
// is written as seldom as that allows (a timer that moves later, the usual way, writes
// nothing). What holds in every committed state:
//
//   - a profile with a wake has the row (bucket, armed, id), and armed is not after wake;
//   - no row lies before the bucket's wake_floor.
//
// So what is due first is found near the floor. A row whose due is not its profile's wake
// is stale; whoever comes upon one removes it and puts another one where the wake is
// (settle), under the lock of the bucket's row, which commits hold too. The floor keeps the
// search from the dead entries that removed rows leave at the front of the index for as
// long as anybody's transaction could still see them.
const (
	// glance is from how many stale rows on it pays to remove them; settleRows is how many
	// are looked at in one go then.
	glance, settleRows = 16, 1000

	wakeFront = ` FROM wake w LEFT JOIN profile p ON p.bucket = $1 AND p.id = w.id
		WHERE w.bucket = $1 AND w.due >= (SELECT wake_floor FROM partition_offset WHERE bucket = $1) AND w.due < $2
		ORDER BY w.due, w.id LIMIT $3`
	dueQuery  = `SELECT w.id, w.due, p.wake` + wakeFront
	lockFloor = `SELECT wake_floor FROM partition_offset WHERE bucket = $1 FOR UPDATE`
	settleRow = `WITH stale AS MATERIALIZED (
			SELECT * FROM (SELECT w.id, w.due, p.wake, p.armed` + wakeFront + `) front WHERE wake IS DISTINCT FROM due
		), removed AS (
			DELETE FROM wake w USING stale s WHERE w.bucket = $1 AND w.due = s.due AND w.id = s.id
		), rearmed AS (
			UPDATE profile p SET armed = p.wake FROM stale s WHERE p.bucket = $1 AND p.id = s.id AND s.armed = s.due
		)
		INSERT INTO wake (bucket, due, id) SELECT $1::integer, wake, id FROM stale WHERE armed = due AND wake IS NOT NULL
		ON CONFLICT (bucket, due, id) DO NOTHING`
	raiseFloor = `UPDATE partition_offset SET wake_floor = first.due FROM (
			SELECT coalesce((SELECT w.due FROM wake w WHERE w.bucket = $1 AND w.due >= o.wake_floor ORDER BY w.due LIMIT 1),
				9223372036854775807) AS due FROM partition_offset o WHERE o.bucket = $1
		) first WHERE bucket = $1 AND wake_floor <> first.due`
)

// firing is what the last Due of a bucket found: how many, and a time after all of them.
// It only spares work. The commit that follows puts these profiles' next rows where their
// new wakes are, since the old ones are past; and the next Due removes the old ones first.
type firing struct {
	rows    int
	horizon int64
}

// fired tells what the last Due found, and forgets its rows when the caller removes them.
func (s *Store) fired(partition int, remove bool) firing {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.firing[partition]
	if !ok {
		f.horizon = math.MinInt64
	}
	if remove && f.rows > 0 {
		s.firing[partition] = firing{horizon: f.horizon}
	}
	return f
}

func (s *Store) fire(partition int, wakes []store.Wake) {
	if len(wakes) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.firing[partition] = firing{len(wakes), form.Bound(wakes[len(wakes)-1].Due.Add(1))}
}

// Due implements store.Applying.
func (s *Store) Due(ctx context.Context, partition int, before time.Time, limit int) ([]store.Wake, error) {
	var err error
	if f := s.fired(partition, true); f.rows > 0 {
		err = s.settle(ctx, partition, f.horizon, f.rows)
	}
	var wakes []store.Wake
	if err == nil {
		wakes, err = s.due(ctx, partition, form.Bound(before), limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, err)
	}
	s.fire(partition, wakes)
	return wakes, nil
}

func (s *Store) due(ctx context.Context, partition int, before int64, limit int) ([]store.Wake, error) {
	for limit > 0 {
		var wakes []store.Wake
		stale := false
		err := s.query(ctx, func(rows pgx.Rows) error {
			var w store.Wake
			var due int64
			var wake pgtype.Int8
			err := rows.Scan(&w.Profile, &due, &wake)
			stale = stale || wake != pgtype.Int8{Int64: due, Valid: true}
			w.Due = momentOf(due)
			wakes = append(wakes, w)
			return err
		}, dueQuery, partition, before, limit)
		if err != nil || !stale {
			return wakes, err
		}
		if err := s.settle(ctx, partition, before, max(limit, settleRows)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// NextDue implements store.Applying.
func (s *Store) NextDue(ctx context.Context, partition int) (at time.Time, ok bool, err error) {
	for limits := []int{1, glance, settleRows}; ; limits = limits[min(1, len(limits)-1):] {
		f, err := s.front(ctx, partition, limits[0])
		if err == nil && f.stale >= glance { // or they would be looked at again and again
			err = s.settle(ctx, partition, math.MaxInt64, settleRows)
		}
		switch {
		case err != nil:
			return time.Time{}, false, fmt.Errorf("read when partition %d is next due: %w", partition, err)
		case !f.sure && f.rows == limits[0]: // others may come before
			continue
		case f.next == math.MaxInt64:
			return time.Time{}, false, nil
		}
		return momentOf(f.next), true, nil
	}
}

// front is what the first rows of wake say.
type front struct {
	next        int64 // the earliest wake of their profiles; the largest number when they have none
	sure        bool  // no profile that comes later can have an earlier one
	rows, stale int
}

func (s *Store) front(ctx context.Context, partition, limit int) (front, error) {
	f := front{next: math.MaxInt64}
	err := s.query(ctx, func(rows pgx.Rows) error {
		var id string
		var due int64
		var wake pgtype.Int8
		err := rows.Scan(&id, &due, &wake)
		f.rows++
		if !wake.Valid || wake.Int64 != due {
			f.stale++
		}
		if wake.Valid {
			f.next = min(f.next, wake.Int64)
		}
		f.sure = f.sure || f.next <= due // a wake is never before its profile's row
		return err
	}, dueQuery, partition, int64(math.MaxInt64), limit)
	return f, err
}

// errUnowned says that a bucket has no row to lock.
var errUnowned = errors.New("the partition was never acquired")

// settle removes stale rows among the first ones before a time, and raises the floor.
func (s *Store) settle(ctx context.Context, partition int, before int64, limit int) error {
	return s.transact(ctx, work{write: func(b *pgx.Batch) error {
		b.Queue(lockFloor, partition).QueryRow(func(row pgx.Row) error {
			var floor int64
			err := row.Scan(&floor)
			if errors.Is(err, pgx.ErrNoRows) {
				err = errUnowned
			}
			return err
		})
		b.Queue(settleRow, partition, before, limit)
		b.Queue(raiseFloor, partition)
		return nil
	}})
}
