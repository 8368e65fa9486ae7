package postgres

import (
	"context"
	"fmt"
	"time"

	"rapport/pkg/store"
)

// Prepare makes the partitions of the timeline for rows of these times, for whoever writes
// many rows beside the port.
func (s *Store) Prepare(ctx context.Context, times []time.Time) error {
	rows := make([]store.TimelineRow, len(times))
	for i, at := range times {
		rows[i].At = at
	}
	for _, missing := range s.months.missing(rows, time.Now()) {
		if err := s.months.create(ctx, missing); err != nil {
			return fmt.Errorf("make partition %s of the timeline: %w", missing.table(), err)
		}
	}
	return nil
}
