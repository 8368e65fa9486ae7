package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"time"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// Rows are numbered as they are written, which is the order of what happened at one time;
// rows are never removed, and VACUUM keeps their order.
// The history of one profile is sorted when asked; events of all have an index by time.
const (
	historyQuery = `SELECT ` + historyColumns + ` FROM timeline
		WHERE partition = ? AND profile = ? AND at >= ? AND at < ? ORDER BY at, rowid`
	eventsQuery = `SELECT ` + historyColumns + ` FROM timeline
		WHERE partition = ?1 AND kind = 'event' AND (at, rowid) > (?2, ?3) AND at < ?4 ORDER BY at, rowid LIMIT +?5`
	historyColumns = `rowid, profile, id, at, kind, name, coalesce(detail, ''), coalesce(trace, ''), data, packing`

	profileQuery  = `SELECT ` + profileColumns + ` FROM profile WHERE partition = ? AND id = ?`
	profilesQuery = `SELECT ` + profileColumns + ` FROM profile WHERE partition = ? AND id > +? ORDER BY id LIMIT +?`

	profileColumns = `id, state, packing, known, orders, last_order_at, updated_at, wake, snapshot`
)

// eventPage is how many rows of Events are read at a time. Nothing is held in between.
const eventPage = 500

// scanHistory reads one row of historyColumns, with its number.
func (s *Store) scanHistory(scan func(...any) error) (number int64, t store.TimelineRow, err error) {
	var at sql.NullInt64
	var kept column
	var way int64
	err = scan(&number, &t.Profile, &t.ID, &at, &t.Kind, &t.Name, &t.Detail, &t.Trace, &kept, &way)
	if err == nil {
		t.Data, err = s.packer.Unpack(kept.data, way)
	}
	t.At = moment(at)
	return number, t, err
}

// History implements store.Replaying.
func (s *Store) History(ctx context.Context, partition int, profile string, from, to time.Time) ([]store.TimelineRow, error) {
	var lines []store.TimelineRow
	err := eachRow(ctx, s.reads.history, []any{partition, profile, form.Bound(from), form.Until(to)}, func(scan func(...any) error) error {
		_, t, err := s.scanHistory(scan)
		lines = append(lines, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a history of partition %d: %w", partition, s.explain(err))
	}
	return lines, nil
}

// Events implements store.Replaying.
func (s *Store) Events(ctx context.Context, partition int, from, to time.Time) iter.Seq2[store.TimelineRow, error] {
	return func(yield func(store.TimelineRow, error) bool) {
		at, number := form.Bound(from), int64(math.MinInt64) // of the last row read
		for {
			page := make([]store.TimelineRow, 0, eventPage)
			args := []any{partition, at, number, form.Until(to), eventPage}
			err := eachRow(ctx, s.reads.events, args, func(scan func(...any) error) error {
				n, t, err := s.scanHistory(scan)
				at, number = t.At.UnixNano(), n
				page = append(page, t)
				return err
			})
			if err != nil {
				yield(store.TimelineRow{}, fmt.Errorf("read events of partition %d: %w", partition, s.explain(err)))
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

// scanProfile reads one row of profileColumns.
func (s *Store) scanProfile(scan func(...any) error) (store.ProfileRow, error) {
	var p store.ProfileRow
	var kept column
	var way int64
	var order, updated, wake sql.NullInt64
	err := scan(&p.ID, &kept, &way, &p.Known, &p.Orders, &order, &updated, &wake, &p.Snapshot)
	p.LastOrderAt, p.UpdatedAt, p.Wake = moment(order), moment(updated), moment(wake)
	if err == nil {
		p.State, err = s.packer.Unpack(kept.bytes(), way)
	}
	return p, err
}

// Profile implements store.Replaying.
func (s *Store) Profile(ctx context.Context, partition int, id string) (store.ProfileRow, error) {
	var p store.ProfileRow
	found := false
	err := eachRow(ctx, s.reads.profile, []any{partition, id}, func(scan func(...any) error) (err error) {
		p, err = s.scanProfile(scan)
		found = true
		return err
	})
	if err == nil && !found {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.ProfileRow{}, fmt.Errorf("read a profile of partition %d: %w", partition, s.explain(err))
	}
	return p, nil
}

// Profiles implements store.Replaying.
func (s *Store) Profiles(ctx context.Context, partition int, afterID string, limit int) ([]store.ProfileRow, error) {
	var profiles []store.ProfileRow
	err := eachRow(ctx, s.reads.profiles, []any{partition, afterID, max(limit, 0)}, func(scan func(...any) error) error {
		p, err := s.scanProfile(scan)
		profiles = append(profiles, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read profiles of partition %d: %w", partition, s.explain(err))
	}
	return profiles, nil
}
