package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"rapport/pkg/store"
)

// Load implements store.Applying. It reads without a transaction: the caller owns the
// partition, so nobody changes it meanwhile.
func (s *Store) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	loaded := make([]store.Loaded, len(wants))
	var states, seen []loadKey
	for i := range wants {
		states = append(states, loadKey{want: i, profile: wants[i].Profile})
		for _, id := range wants[i].Events {
			seen = append(seen, loadKey{want: i, profile: wants[i].Profile, id: id})
		}
	}
	var err error
	for chunk := range slices.Chunk(states, loadChunk) {
		if err == nil {
			err = s.loadStates(ctx, partition, chunk, loaded)
		}
	}
	for chunk := range slices.Chunk(seen, loadChunk) {
		if err == nil {
			err = s.loadSeen(ctx, partition, chunk, loaded)
		}
	}
	if tombs, known := s.erased.Load(partition); err == nil && (!known || tombs == true) {
		for chunk := range slices.Chunk(states, loadChunk) {
			if err == nil {
				err = s.loadErased(ctx, partition, chunk, loaded)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("load %d profiles of partition %d: %w", len(wants), partition, s.explain(err))
	}
	return loaded, nil
}

// loadKey is a profile's state to look for, or an event of a profile, for a Want.
type loadKey struct {
	want        int
	profile, id string
}

func (s *Store) loadStates(ctx context.Context, partition int, chunk []loadKey, into []store.Loaded) error {
	statement, keys := s.reads.states.of(len(chunk))
	args := make([]any, keys+1)
	for i := range chunk {
		args[i] = chunk[i].profile
	}
	args[keys] = partition
	return eachRow(ctx, statement, args, func(scan func(...any) error) error {
		var n int
		var kept column
		var way int64
		if err := scan(&n, &kept, &way); err != nil {
			return err
		}
		state, err := s.packer.Unpack(kept.bytes(), way)
		into[chunk[n].want].State = state
		return err
	})
}

func (s *Store) loadSeen(ctx context.Context, partition int, chunk []loadKey, into []store.Loaded) error {
	statement, keys := s.reads.seen.of(len(chunk))
	args := make([]any, 2*keys+1)
	for i := range chunk {
		args[2*i], args[2*i+1] = chunk[i].profile, chunk[i].id
	}
	args[2*keys] = partition
	return eachRow(ctx, statement, args, func(scan func(...any) error) error {
		var n int
		if err := scan(&n); err != nil {
			return err
		}
		l := &into[chunk[n].want]
		l.Seen = append(l.Seen, chunk[n].id)
		return nil
	})
}

// loadErased looks for tombstones, in partitions that have any: few do.
func (s *Store) loadErased(ctx context.Context, partition int, chunk []loadKey, into []store.Loaded) error {
	statement, keys := s.reads.tombs.of(len(chunk))
	args := make([]any, keys+1)
	for i := range chunk {
		args[i] = s.salt.Profile(chunk[i].profile)
	}
	args[keys] = partition
	return eachRow(ctx, statement, args, func(scan func(...any) error) error {
		var n int
		var at sql.NullInt64
		err := scan(&n, &at)
		into[chunk[n].want].Erased = moment(at)
		return err
	})
}
