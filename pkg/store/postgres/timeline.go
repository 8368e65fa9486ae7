package postgres

import (
	"context"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// A profile's rows are found in timeline_id, and then fetched between the earliest and the
// latest of their times, so that only months are opened that have some.
const (
	lineColumns  = `profile, id, at, kind, name, detail, trace, data`
	newestLines  = `SELECT at, n FROM timeline_id WHERE bucket = $1 AND profile = $2 ORDER BY at DESC, id DESC LIMIT $3`
	linesBetween = `SELECT at, n FROM timeline_id WHERE bucket = $1 AND profile = $2 AND at >= $3 AND at < $4 ORDER BY at, n`
	fetchLines   = `SELECT n, ` + lineColumns + ` FROM timeline JOIN unnest($2::bigint[], $3::bigint[]) AS v (at, n) USING (at, n)
		WHERE bucket = $1 AND at >= $4 AND at <= $5`
	eventsQuery = `SELECT n, ` + lineColumns + ` FROM timeline
		WHERE bucket = $1 AND kind = 'event' AND at >= $2 AND (at, n) > ($2, $3) AND at < $4 ORDER BY at, n LIMIT $5`
)

// eventPage is how many rows of Events are read at a time. Nothing is held in between.
const eventPage = 500

// scanLine reads one row of lineColumns, with its number.
func scanLine(rows pgx.Rows) (n int64, t store.TimelineRow, err error) {
	var at int64
	err = rows.Scan(&n, &t.Profile, &t.ID, &at, &t.Kind, &t.Name, &t.Detail, &t.Trace, (*[]byte)(&t.Data))
	if len(t.Data) == 0 {
		t.Data = nil
	}
	t.At = momentOf(at)
	return n, t, err
}

// Timeline implements store.Reading.
func (s *Store) Timeline(ctx context.Context, partition int, profile string, limit int) ([]store.TimelineRow, error) {
	lines, err := s.lines(ctx, partition, newestLines, partition, profile, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read a timeline of partition %d: %w", partition, err)
	}
	return lines, nil
}

// History implements store.Replaying.
func (s *Store) History(ctx context.Context, partition int, profile string, from, to time.Time) ([]store.TimelineRow, error) {
	lines, err := s.lines(ctx, partition, linesBetween, partition, profile, form.Bound(from), form.Until(to))
	if err != nil {
		return nil, fmt.Errorf("read a history of partition %d: %w", partition, err)
	}
	return lines, nil
}

// lines fetches the rows that a query of timeline_id names, in its order.
func (s *Store) lines(ctx context.Context, partition int, sql string, args ...any) ([]store.TimelineRow, error) {
	var at, n []int64
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	place := map[int64]int{} // of a number in the answer
	err := s.query(ctx, func(rows pgx.Rows) error {
		var a, number int64
		err := rows.Scan(&a, &number)
		place[number] = len(n)
		at, n = append(at, a), append(n, number)
		first, last = min(first, a), max(last, a)
		return err
	}, sql, args...)
	if err != nil || len(n) == 0 {
		return nil, err
	}
	found := make([]*store.TimelineRow, len(n))
	err = s.query(ctx, func(rows pgx.Rows) error {
		number, t, err := scanLine(rows)
		found[place[number]] = &t
		return err
	}, fetchLines, partition, at, n, first, last)
	lines := make([]store.TimelineRow, 0, len(found))
	for _, t := range found {
		if t != nil { // Retain may have removed some in between
			lines = append(lines, *t)
		}
	}
	return lines, err
}

// Events implements store.Replaying.
func (s *Store) Events(ctx context.Context, partition int, from, to time.Time) iter.Seq2[store.TimelineRow, error] {
	return func(yield func(store.TimelineRow, error) bool) {
		at, number := form.Bound(from), int64(math.MinInt64) // of the last row read
		for {
			page := make([]store.TimelineRow, 0, eventPage)
			err := s.query(ctx, func(rows pgx.Rows) error {
				n, t, err := scanLine(rows)
				at, number = t.At.UnixNano(), n
				page = append(page, t)
				return err
			}, eventsQuery, partition, at, number, form.Until(to), eventPage)
			if err != nil {
				yield(store.TimelineRow{}, fmt.Errorf("read events of partition %d: %w", partition, err))
				return
			}
			for _, t := range page {
				if !yield(t, nil) {
					return
				}
			}
			if len(page) < eventPage {
				return
			}
		}
	}
}
