package sqlite

import (
	"context"
	"fmt"

	"rapport/pkg/store"
)

// Unfinished implements store.Reading. A partial index holds just the open messages.
func (s *Store) Unfinished(ctx context.Context) (store.Unfinished, error) {
	var u store.Unfinished
	err := s.reads.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM message WHERE outcome IS NULL),
		(SELECT coalesce(sum(n), 0) FROM outbox)`).Scan(&u.Messages, &u.Outbox)
	if err != nil {
		return store.Unfinished{}, fmt.Errorf("count what is unfinished: %w", s.explain(err))
	}
	return u, nil
}
