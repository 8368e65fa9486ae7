package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
)

const (
	putIdentities = `INSERT INTO identity (bucket, id, state) SELECT $1::integer, * FROM unnest($2::text[], $3::bytea[])
		ON CONFLICT (bucket, id) DO UPDATE SET state = excluded.state`
	dropIdentities = `DELETE FROM identity WHERE bucket = $1 AND id = ANY ($2::text[])`
	loadIdentities = `SELECT v.n::int, i.state FROM unnest($2::text[]) WITH ORDINALITY AS v (id, n)
		CROSS JOIN LATERAL (SELECT state FROM identity WHERE bucket = $1 AND identity.id = v.id LIMIT 1) i`
)

// Identities implements store.Identifying.
func (s *Store) Identities(ctx context.Context, partition int, ids []string) ([][]byte, error) {
	states := make([][]byte, len(ids))
	err := s.query(ctx, func(rows pgx.Rows) error {
		var n int
		var state []byte
		err := rows.Scan(&n, &state)
		if err == nil {
			states[n-1] = orEmpty(state)
		}
		return err
	}, loadIdentities, partition, ids)
	if err != nil {
		return nil, fmt.Errorf("read what is known of %d ids in partition %d: %w", len(ids), partition, err)
	}
	return states, nil
}

// addIdentities sorts out which rows come and which go.
func (c *columns) addIdentities(all []store.IdentityRow) {
	if len(all) == 0 {
		return
	}
	rows := slices.Clone(all)
	slices.SortFunc(rows, func(a, b store.IdentityRow) int { return strings.Compare(a.ID, b.ID) })
	var ids, gone []string
	var states [][]byte
	for _, r := range rows {
		if r.State == nil {
			gone = append(gone, r.ID)
			continue
		}
		ids, states = append(ids, r.ID), append(states, r.State)
	}
	if len(ids) > 0 {
		c.identities = []any{ids, states}
	}
	if len(gone) > 0 {
		c.strangers = []any{gone}
	}
}
