package sqlite

import (
	"context"
	"fmt"
	"slices"
)

// identitiesQuery looks up what is known of ids.
func identitiesQuery(keys int) string {
	return `WITH w (n, id) AS (VALUES ` + chunkValues("(%d, ?)", keys) + `)
		SELECT w.n, i.state FROM w CROSS JOIN identity i ON i.id = w.id AND i.partition = ?`
}

// Identities implements store.Identifying.
func (s *Store) Identities(ctx context.Context, partition int, ids []string) ([][]byte, error) {
	states := make([][]byte, 0, len(ids))
	for chunk := range slices.Chunk(ids, loadChunk) {
		first := len(states)
		states = append(states, make([][]byte, len(chunk))...)
		statement, keys := s.reads.identities.of(len(chunk))
		args := make([]any, keys+1)
		for i := range chunk {
			args[i] = chunk[i]
		}
		args[keys] = partition
		err := eachRow(ctx, statement, args, func(scan func(...any) error) error {
			var n int
			var state []byte
			err := scan(&n, &state)
			if state == nil {
				state = []byte{} // how the driver gives an empty blob
			}
			if err == nil {
				states[first+n] = state
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read what is known of %d ids in partition %d: %w", len(ids), partition, s.explain(err))
		}
	}
	return states, nil
}

// addIdentities adds what is known of ids from now on.
func (b *batch) addIdentities() error {
	for i := range b.Identities {
		row, e := &b.Identities[i], stamps{}
		args := []any{int64(b.Partition), row.ID}
		statement := dropIdentity
		if row.State != nil {
			statement, args = putIdentity, append(args, row.State)
		}
		if err := b.add(statement, "identity of", row.ID, &e, args...); err != nil {
			return err
		}
	}
	return nil
}
