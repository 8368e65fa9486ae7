package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"rapport/pkg/store"
)

// Load implements store.Applying.
func (s *Store) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	loaded := make([]store.Loaded, len(wants))
	for i := range wants {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("load %d profiles of partition %d: %w", len(wants), partition, err)
		}
		if err := s.loadOne(partition, &wants[i], &loaded[i]); err != nil {
			return nil, fmt.Errorf("load %d profiles of partition %d: %w", len(wants), partition, s.explain(err))
		}
	}
	return loaded, nil
}

func (s *Store) loadOne(partition int, want *store.Want, into *store.Loaded) error {
	ctx := context.Background()
	err := s.reads.state.QueryRowContext(ctx, partition, want.Profile).Scan(&into.State)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case into.State == nil:
		into.State = []byte{}
	}
	for _, id := range want.Events {
		var one int
		err := s.reads.seen.QueryRowContext(ctx, partition, want.Profile, id).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		into.Seen = append(into.Seen, id)
	}
	return nil
}

// Due implements store.Applying.
func (s *Store) Due(ctx context.Context, partition int, before time.Time, limit int) ([]store.Wake, error) {
	fail := func(err error) ([]store.Wake, error) {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, s.explain(err))
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	rows, err := s.reads.due.QueryContext(context.WithoutCancel(ctx), partition, bound(before), max(limit, 0))
	if err != nil {
		return fail(err)
	}
	defer func() { _ = rows.Close() }() // its error is also that of rows.Err
	var wakes []store.Wake
	for rows.Next() {
		var w store.Wake
		var due sql.NullInt64
		if err := rows.Scan(&w.Profile, &due); err != nil {
			return fail(err)
		}
		w.Due = moment(due)
		wakes = append(wakes, w)
	}
	if err := rows.Err(); err != nil {
		return fail(err)
	}
	return wakes, nil
}

// NextDue implements store.Applying.
func (s *Store) NextDue(ctx context.Context, partition int) (at time.Time, ok bool, err error) {
	var due sql.NullInt64
	err = ctx.Err()
	if err == nil {
		err = s.reads.nextDue.QueryRowContext(context.WithoutCancel(ctx), partition).Scan(&due)
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read when partition %d is next due: %w", partition, s.explain(err))
	}
	return moment(due), due.Valid, nil
}
