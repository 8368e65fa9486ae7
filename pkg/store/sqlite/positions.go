package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"rapport/pkg/store"
)

// Positions implements store.Reading.
func (s *Store) Positions(ctx context.Context) (map[int]store.Position, error) {
	all := map[int]store.Position{}
	err := s.query(ctx, `SELECT partition, seq, clock FROM partition_offset`, nil, func(scan func(...any) error) error {
		var partition int
		var seq int64 // holds 64 bits, unsigned
		var clock sql.NullInt64
		err := scan(&partition, &seq, &clock)
		all[partition] = store.Position{Seq: uint64(seq), Clock: moment(clock)}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the positions: %w", s.explain(err))
	}
	return all, nil
}
