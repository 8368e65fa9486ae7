package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"rapport/pkg/store"
)

// Timeline implements store.Reading.
func (s *Store) Timeline(ctx context.Context, partition int, profile string, limit int) ([]store.TimelineRow, error) {
	var lines []store.TimelineRow
	err := eachRow(ctx, s.reads.timeline, []any{partition, profile, max(limit, 0)}, func(scan func(...any) error) error {
		t := store.TimelineRow{Profile: profile}
		var at sql.NullInt64
		var kept column
		var way int64
		err := scan(&t.ID, &at, &t.Kind, &t.Name, &t.Detail, &t.Trace, &kept, &way)
		if err == nil {
			t.Data, err = s.packer.Unpack(kept.data, way)
		}
		t.At = moment(at)
		lines = append(lines, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a timeline of partition %d: %w", partition, s.explain(err))
	}
	return lines, nil
}
