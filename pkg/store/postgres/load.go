package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
)

// Load implements store.Applying. It reads without locks: the caller owns the partition, so
// nobody changes it meanwhile; if somebody does, the Commit that follows is refused.
func (s *Store) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	loaded := make([]store.Loaded, len(wants))
	profiles := make([]string, len(wants))
	var ofProfile, ids []string
	var of []int // the Want that an id was asked for
	for i := range wants {
		profiles[i] = wants[i].Profile
		for _, id := range wants[i].Events {
			ofProfile, ids, of = append(ofProfile, wants[i].Profile), append(ids, id), append(of, i)
		}
	}
	b := &pgx.Batch{}
	b.Queue(loadStates, partition, profiles).Query(every(func(rows pgx.Rows) error {
		var n int
		var state []byte
		err := rows.Scan(&n, &state)
		if err == nil {
			loaded[n-1].State = orEmpty(state)
		}
		return err
	}))
	var seen []int // places in ids
	if len(ids) > 0 {
		b.Queue(loadSeen, partition, ofProfile, ids).Query(every(func(rows pgx.Rows) error {
			var n int
			err := rows.Scan(&n)
			seen = append(seen, n-1)
			return err
		}))
	}
	if tombs, known := s.erased.Load(partition); !known || tombs == true {
		hashes := column(profiles, func(p *string) []byte { return s.salt.Profile(*p) })
		b.Queue(loadErased, partition, hashes).Query(every(func(rows pgx.Rows) error {
			var n int
			var at int64
			err := rows.Scan(&n, &at)
			if err == nil {
				loaded[n-1].Erased = momentOf(at)
			}
			return err
		}))
	}
	if err := s.send(ctx, b); err != nil {
		return nil, fmt.Errorf("load %d profiles of partition %d: %w", len(wants), partition, err)
	}
	slices.Sort(seen)
	for _, n := range seen {
		l := &loaded[of[n]]
		l.Seen = append(l.Seen, ids[n])
	}
	return loaded, nil
}

// send sends statements that read, in one round trip.
func (s *Store) send(ctx context.Context, b *pgx.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.explain(s.pool.SendBatch(ctx, b).Close())
}
