package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// When profiles wake. profile.wake is what counts; the table wake says where to look. In every committed state a profile
// with a wake has the row (partition, wake, id). There may be others of it, which are stale: a commit takes away those
// that fired, which lie where others fire, and leaves the others alone, which lie anywhere; whoever comes upon so many
// that they are worth a transaction removes them (sweep). Triggers could do the first half, and cost 6 % of a commit.
//
// A stale row takes some 40 bytes until it is due, a tenth of what the event that moved the timer takes on the timeline.
const (
	// dueQuery reads rows behind a place, and whether each is its profile's wake.
	dueQuery = `SELECT w.profile, w.at, p.wake IS w.at FROM wake w LEFT JOIN profile p ON p.partition = w.partition AND p.id = w.profile
		WHERE w.partition = ?1 AND (w.at, w.profile) > (?2, ?3) AND w.at < ?4 ORDER BY w.at, w.profile LIMIT +?5`
	// staleRows is from how many stale rows on it pays to remove them, and frontRows how many rows are looked at in one go.
	staleRows, frontRows = 16, 500
)

// place is where a row of wake lies.
type place struct {
	at      int64
	profile string
}

// Due implements store.Applying.
func (s *Store) Due(ctx context.Context, partition int, before time.Time, limit int) ([]store.Wake, error) {
	wakes, err := s.due(ctx, partition, form.Bound(before), limit)
	if err != nil {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, s.explain(err))
	}
	if len(wakes) > 0 {
		fired := make(map[string]int64, len(wakes))
		for _, w := range wakes {
			fired[w.Profile] = w.Due.UnixNano()
		}
		s.fired.Store(partition, fired)
	}
	return wakes, nil
}

// firedOf is what the last Due of a partition found. It only spares work: a row of wake that is not its profile's any more
// may go whenever somebody knows of it.
func (s *Store) firedOf(partition int) map[string]int64 {
	fired, _ := s.fired.Load(partition)
	m, _ := fired.(map[string]int64)
	return m
}

// NextDue implements store.Applying.
func (s *Store) NextDue(ctx context.Context, partition int) (at time.Time, ok bool, err error) {
	wakes, err := s.due(ctx, partition, math.MaxInt64, 1)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read when partition %d is next due: %w", partition, s.explain(err))
	}
	if len(wakes) == 0 {
		return time.Time{}, false, nil
	}
	return wakes[0].Due, true, nil
}

// due walks over the first rows until it has as many wakes as were asked for, and removes what was stale.
func (s *Store) due(ctx context.Context, partition int, before int64, limit int) ([]store.Wake, error) {
	var wakes []store.Wake
	var stale []place
	last := place{at: math.MinInt64}
	for want := limit; len(wakes) < limit; want = frontRows {
		rows := 0
		err := eachRow(ctx, s.reads.due, []any{partition, last.at, last.profile, before, want}, func(scan func(...any) error) error {
			var current bool
			err := scan(&last.profile, &last.at, &current)
			switch {
			case err != nil:
				return err
			case !current:
				stale = append(stale, last)
			case len(wakes) < limit:
				wakes = append(wakes, store.Wake{Profile: last.profile, Due: moment(sql.NullInt64{Int64: last.at, Valid: true})})
			}
			rows++
			return nil
		})
		if err != nil {
			return nil, err
		}
		if rows < want {
			break
		}
	}
	if len(stale) < staleRows {
		return wakes, nil
	}
	return wakes, s.sweep(ctx, partition, stale)
}

// sweep removes rows that are stale still.
func (s *Store) sweep(ctx context.Context, partition int, stale []place) error {
	return s.writer.do(ctx, len(stale), func(c *conn) error {
		for _, p := range stale {
			if _, err := c.exec(dropWake, int64(partition), p.at, p.profile); err != nil {
				return fmt.Errorf("remove what no profile waits for: %w", err)
			}
		}
		return nil
	})
}
