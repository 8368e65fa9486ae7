package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"rapport/pkg/store"
)

// Timeline implements store.Reading.
func (s *Store) Timeline(ctx context.Context, partition int, profile string, limit int) ([]store.TimelineRow, error) {
	fail := func(err error) ([]store.TimelineRow, error) {
		return nil, fmt.Errorf("read a timeline of partition %d: %w", partition, s.explain(err))
	}
	rows, err := s.reads.timeline.QueryContext(ctx, partition, profile, max(limit, 0))
	if err != nil {
		return fail(err)
	}
	defer func() { _ = rows.Close() }() // its error is also that of rows.Err
	var lines []store.TimelineRow
	for rows.Next() {
		t := store.TimelineRow{Profile: profile}
		var at sql.NullInt64
		if err := rows.Scan(&t.ID, &at, &t.Kind, &t.Name, &t.Detail, &t.Trace, &t.Data); err != nil {
			return fail(err)
		}
		t.At = moment(at)
		lines = append(lines, t)
	}
	if err := rows.Err(); err != nil {
		return fail(err)
	}
	return lines, nil
}
