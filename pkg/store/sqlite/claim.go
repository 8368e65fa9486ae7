package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	"rapport/pkg/store"
)

// claimQuery finds a claim and what became of it.
const claimQuery = `SELECT worker, receipt FROM claim WHERE partition = ? AND id = ?`

// Claim implements store.Claiming.
func (s *Store) Claim(ctx context.Context, claims []store.Claim) ([]store.Prior, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	at := make([]any, len(claims))
	for i := range claims {
		ns, err := stamp("At", claims[i].At)
		if err != nil {
			return nil, fmt.Errorf("claim message %s: %w", claims[i].MessageID, err)
		}
		at[i] = ns
	}
	priors := make([]store.Prior, len(claims))
	err := s.writer.do(ctx, len(claims), func(c *conn) error {
		for i := range claims {
			var err error
			if priors[i], err = claimOne(c, &claims[i], at[i]); err != nil {
				return fmt.Errorf("message %s: %w", claims[i].MessageID, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim %d messages: %w", len(claims), err)
	}
	return priors, nil
}

// claimOne inserts first and asks later: nearly every claim is fresh.
func claimOne(c *conn, cl *store.Claim, at any) (store.Prior, error) {
	n, err := c.exec(addClaim, int64(cl.Partition), cl.MessageID, cl.Worker, at)
	if err != nil {
		return store.Prior{}, err
	}
	if n == 1 {
		return store.Prior{State: store.Fresh}, nil
	}
	row := make([]driver.Value, 2)
	if _, err := c.row(row, readClaim, int64(cl.Partition), cl.MessageID); err != nil {
		return store.Prior{}, err
	}
	worker, _ := row[0].(string)
	if receipt, ok := row[1].([]byte); ok {
		return store.Prior{State: store.Done, Worker: worker, Receipt: receipt}, nil
	}
	_, err = c.exec(takeClaim, cl.Worker, at, int64(cl.Partition), cl.MessageID)
	return store.Prior{State: store.Open, Worker: worker}, err
}

// Claimed implements store.Claiming.
func (s *Store) Claimed(ctx context.Context, partition int, messageID string) (store.Prior, error) {
	prior := store.Prior{State: store.Fresh}
	err := s.query(ctx, claimQuery, []any{partition, messageID}, func(scan func(...any) error) error {
		prior.State = store.Open
		err := scan(&prior.Worker, (*[]byte)(&prior.Receipt))
		if prior.Receipt != nil {
			prior.State = store.Done
		}
		return err
	})
	if err != nil {
		return store.Prior{}, fmt.Errorf("look at the claim on message %s: %w", messageID, s.explain(err))
	}
	return prior, nil
}

// Record implements store.Claiming.
func (s *Store) Record(ctx context.Context, results []store.Result) error {
	if len(results) == 0 {
		return nil
	}
	for i := range results {
		if len(results[i].Receipt) == 0 {
			return fmt.Errorf("record the result of message %s: the receipt is empty", results[i].MessageID)
		}
	}
	err := s.writer.along(ctx, len(results), func(c *conn) error {
		for i := range results {
			if err := recordOne(c, &results[i]); err != nil {
				return fmt.Errorf("message %s: %w", results[i].MessageID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record %d results: %w", len(results), err)
	}
	return nil
}

func recordOne(c *conn, r *store.Result) error {
	n, err := c.exec(closeClaim, []byte(r.Receipt), r.Worker, int64(r.Partition), r.MessageID)
	if err != nil || n == 1 {
		return err
	}
	ok, err := c.row(make([]driver.Value, 2), readClaim, int64(r.Partition), r.MessageID)
	if err == nil && !ok {
		return fmt.Errorf("it was never claimed: %w", store.ErrNotFound)
	}
	return err
}
