package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// addTallies adds what a batch counts: a row for each place and arm it names.
func (b *batch) addTallies() error {
	for i := range b.Resting {
		d, e := &b.Resting[i], stamps{}
		if d.Delta == 0 {
			continue
		}
		err := b.add(addResting, "resting", d.Journey, &e, int64(b.Partition), d.Journey, d.Version, d.Step, int64(d.Delta))
		if err != nil {
			return err
		}
	}
	for i := range b.Arms {
		d, e := &b.Arms[i], stamps{}
		err := b.add(addArm, "arm", d.Journey, &e, int64(b.Partition), d.Journey, d.Version, d.Step, d.Arm,
			flag(d.Ghost), int64(d.Entered), int64(d.Converted), form.Millionths(d.Value))
		if err != nil {
			return err
		}
	}
	return nil
}

// Resting implements store.Tallying.
func (s *Store) Resting(ctx context.Context) ([]store.Resting, error) {
	var places []store.Resting
	err := s.query(ctx, `SELECT journey, version, step, sum(n) FROM resting
		GROUP BY journey, version, step HAVING sum(n) <> 0 ORDER BY journey, version, step`, nil,
		func(scan func(...any) error) error {
			var r store.Resting
			err := scan(&r.Journey, &r.Version, &r.Step, &r.Count)
			places = append(places, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read who rests where: %w", s.explain(err))
	}
	return places, nil
}

// Arms implements store.Tallying. It adds partitions up itself, because the sum of sums
// at their bounds would be an overflow to SQLite.
func (s *Store) Arms(ctx context.Context) ([]store.Arm, error) {
	var arms form.Arms
	err := s.query(ctx, `SELECT journey, version, step, arm, ghost, entered, converted, value FROM arm
		WHERE entered <> 0 OR converted <> 0 OR value <> 0 ORDER BY journey, version, step, arm, ghost`, nil,
		func(scan func(...any) error) error {
			var a store.Arm
			var value int64
			err := scan(&a.Journey, &a.Version, &a.Step, &a.Arm, &a.Ghost, &a.Entered, &a.Converted, &value)
			arms.Add(a, value)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read what was measured: %w", s.explain(err))
	}
	return arms.All(), nil
}

// Decide implements store.Tallying.
func (s *Store) Decide(ctx context.Context, w store.Winner) (store.Winner, error) {
	at, err := mustStamp("At", w.At)
	if err == nil {
		err = s.writer.do(ctx, 1, func(c *conn) error {
			if _, err := c.exec(addWinner, w.Journey, w.Version, w.Step, w.Arm, at, text(w.Detail)); err != nil {
				return err
			}
			row := make([]driver.Value, 3)
			if _, err := c.row(row, readWinner, w.Journey, w.Version, w.Step); err != nil {
				return err
			}
			w.Arm, _ = row[0].(string)
			w.At = momentOf(row[1])
			w.Detail, _ = row[2].(string)
			return nil
		})
	}
	if err != nil {
		return store.Winner{}, fmt.Errorf("decide step %q of %s: %w", w.Step, w.Journey, err)
	}
	return w, nil
}

// Winners implements store.Tallying.
func (s *Store) Winners(ctx context.Context) ([]store.Winner, error) {
	var winners []store.Winner
	err := s.query(ctx, `SELECT journey, version, step, arm, at, coalesce(detail, '') FROM winner ORDER BY n`, nil,
		func(scan func(...any) error) error {
			var w store.Winner
			var at sql.NullInt64
			err := scan(&w.Journey, &w.Version, &w.Step, &w.Arm, &at, &w.Detail)
			w.At = moment(at)
			winners = append(winners, w)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read winners: %w", s.explain(err))
	}
	return winners, nil
}

// query runs a query that is asked too seldom to be kept prepared, and calls each for
// every row. Unlike eachRow it stops when the context ends.
func (s *Store) query(ctx context.Context, text string, args []any, each func(scan func(...any) error) error) (err error) {
	rows, err := s.reads.db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
