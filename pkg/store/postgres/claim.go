package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"rapport/pkg/store"
)

// Claims are seldom contended and never removed: the first statement takes all that are
// new, and who finds one taken asks for it under its lock.
const (
	addClaims = `INSERT INTO claim (bucket, id, worker, at)
		SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[])
		ON CONFLICT (bucket, id) DO NOTHING RETURNING bucket, id`
	lockClaims = `SELECT c.bucket, c.id, c.worker, c.receipt
		FROM claim c JOIN unnest($1::int[], $2::text[]) AS v (bucket, id) USING (bucket, id)
		ORDER BY c.bucket, c.id FOR UPDATE OF c`
	takeClaims = `UPDATE claim c SET worker = v.worker, at = v.at
		FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[]) AS v (bucket, id, worker, at)
		WHERE c.bucket = v.bucket AND c.id = v.id AND c.receipt IS NULL`

	// Rows are locked in the order of keys before they are written: whoever writes the same
	// ones in the order of some plan would wait for the other in a circle.
	holdClaims = `SELECT c.bucket, c.id FROM claim c JOIN unnest($1::int[], $2::text[]) AS v (bucket, id) USING (bucket, id)
		ORDER BY c.bucket, c.id FOR UPDATE OF c`
	closeClaims = `UPDATE claim c SET receipt = v.receipt, worker = v.worker
		FROM unnest($1::int[], $2::text[], $3::text[], $4::bytea[]) AS v (bucket, id, worker, receipt)
		WHERE c.bucket = v.bucket AND c.id = v.id AND c.receipt IS NULL`
)

// key names a message of a bucket.
type key struct {
	bucket int32
	id     string
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.bucket, b.bucket), strings.Compare(a.id, b.id))
}

// claiming is one call of Claim.
type claiming struct {
	claims []store.Claim
	at     []pgtype.Int8
	priors []store.Prior
}

// claimed is one claim of a group.
type claimed struct {
	key
	*store.Claim
	at    pgtype.Int8
	prior *store.Prior
}

// Claim implements store.Claiming.
func (s *Store) Claim(ctx context.Context, claims []store.Claim) ([]store.Prior, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	c := &claiming{claims: claims, at: make([]pgtype.Int8, len(claims)), priors: make([]store.Prior, len(claims))}
	for i := range claims {
		var err error
		if c.at[i], err = stamp("At", claims[i].At); err != nil {
			return nil, fmt.Errorf("claim message %s: %w", claims[i].MessageID, err)
		}
	}
	if err := s.claims.do(ctx, c); err != nil {
		return nil, fmt.Errorf("claim %d messages: %w", len(claims), err)
	}
	return c.priors, nil
}

// claimGroup takes the claims of several calls, in rounds in which no message is twice.
func (s *Store) claimGroup(ctx context.Context, group []*claiming) []error {
	var rounds [][]claimed
	turn := map[key]int{}
	for _, c := range group {
		for i := range c.claims {
			k := key{int32(c.claims[i].Partition), c.claims[i].MessageID}
			n := turn[k]
			turn[k]++
			if n == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[n] = append(rounds[n], claimed{k, &c.claims[i], c.at[i], &c.priors[i]})
		}
	}
	errs := make([]error, len(group))
	for _, round := range rounds {
		slices.SortFunc(round, func(a, b claimed) int { return compareKeys(a.key, b.key) })
		if err := s.claimRound(ctx, round); err != nil {
			for i := range errs {
				errs[i] = err
			}
			break
		}
	}
	return errs
}

// claimColumns are the arguments of the statements that take claims.
func claimColumns(round []claimed) []any {
	return []any{
		column(round, func(c *claimed) int32 { return c.bucket }),
		column(round, func(c *claimed) string { return c.id }),
		column(round, func(c *claimed) string { return c.Worker }),
		column(round, func(c *claimed) pgtype.Int8 { return c.at }),
	}
}

func (s *Store) claimRound(ctx context.Context, round []claimed) error {
	fresh := map[key]bool{}
	err := s.transact(ctx, work{write: func(b *pgx.Batch) error {
		clear(fresh)
		b.Queue(addClaims, claimColumns(round)...).Query(every(func(rows pgx.Rows) error {
			var k key
			err := rows.Scan(&k.bucket, &k.id)
			fresh[k] = true
			return err
		}))
		return nil
	}})
	if err != nil {
		return err
	}
	var taken []claimed
	for _, c := range round {
		if fresh[c.key] {
			*c.prior = store.Prior{State: store.Fresh}
		} else {
			taken = append(taken, c)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return s.claimTaken(ctx, taken)
}

// claimTaken asks what became of claims that somebody else has, and takes the open ones.
func (s *Store) claimTaken(ctx context.Context, taken []claimed) error {
	priors := map[key]store.Prior{}
	err := s.transact(ctx, work{write: func(b *pgx.Batch) error {
		columns := claimColumns(taken)
		b.Queue(lockClaims, columns[:2]...).Query(every(func(rows pgx.Rows) error {
			var k key
			p := store.Prior{State: store.Open}
			err := rows.Scan(&k.bucket, &k.id, &p.Worker, (*[]byte)(&p.Receipt))
			if p.Receipt != nil {
				p.State = store.Done
			}
			priors[k] = p
			return err
		}))
		b.Queue(takeClaims, columns...)
		return nil
	}})
	for _, c := range taken {
		*c.prior = priors[c.key]
	}
	return err
}

// Claimed implements store.Claiming.
func (s *Store) Claimed(ctx context.Context, partition int, messageID string) (store.Prior, error) {
	prior := store.Prior{State: store.Fresh}
	err := s.query(ctx, func(rows pgx.Rows) error {
		prior.State = store.Open
		err := rows.Scan(&prior.Worker, (*[]byte)(&prior.Receipt))
		if prior.Receipt != nil {
			prior.State = store.Done
		}
		return err
	}, `SELECT worker, receipt FROM claim WHERE bucket = $1 AND id = $2`, partition, messageID)
	if err != nil {
		return store.Prior{}, fmt.Errorf("look at the claim on message %s: %w", messageID, err)
	}
	return prior, nil
}

// recording is one call of Record.
type recording struct{ results []store.Result }

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
	if err := s.records.do(ctx, &recording{results}); err != nil {
		return fmt.Errorf("record %d results: %w", len(results), err)
	}
	return nil
}

// recordGroup records the results of several calls in one transaction, without the calls
// that name a message nobody claimed. A message's first result stays, here too.
func (s *Store) recordGroup(ctx context.Context, group []*recording) []error {
	errs := make([]error, len(group))
	firsts := firstResults(group, errs)
	keys := []any{
		column(firsts, func(r **store.Result) int32 { return int32((*r).Partition) }),
		column(firsts, func(r **store.Result) string { return (*r).MessageID }),
	}
	claimed := map[key]bool{}
	err := s.transact(ctx, work{
		ask: func(b *pgx.Batch) {
			clear(claimed)
			b.Queue(holdClaims, keys...).Query(every(func(rows pgx.Rows) error {
				var k key
				err := rows.Scan(&k.bucket, &k.id)
				claimed[k] = true
				return err
			}))
		},
		write: func(b *pgx.Batch) error {
			refuse(group, claimed, errs)
			firsts := firstResults(group, errs)
			b.Queue(closeClaims,
				column(firsts, func(r **store.Result) int32 { return int32((*r).Partition) }),
				column(firsts, func(r **store.Result) string { return (*r).MessageID }),
				column(firsts, func(r **store.Result) string { return (*r).Worker }),
				column(firsts, func(r **store.Result) []byte { return (*r).Receipt }))
			return nil
		},
	})
	for i := range errs {
		if err != nil {
			errs[i] = err
		}
	}
	return errs
}

// refuse fails the calls that have a result of a message that was never claimed.
func refuse(group []*recording, claimed map[key]bool, errs []error) {
	for i, r := range group {
		errs[i] = nil
		for j := range r.results {
			if !claimed[keyOf(&r.results[j])] {
				errs[i] = fmt.Errorf("message %s was never claimed: %w", r.results[j].MessageID, store.ErrNotFound)
			}
		}
	}
}

func keyOf(r *store.Result) key { return key{int32(r.Partition), r.MessageID} }

// firstResults returns the first result of each message of calls that did not fail, in the
// order of keys.
func firstResults(group []*recording, errs []error) []*store.Result {
	var all []*store.Result
	for i, r := range group {
		for j := range r.results {
			if errs[i] == nil {
				all = append(all, &r.results[j])
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *store.Result) int { return compareKeys(keyOf(a), keyOf(b)) })
	return slices.CompactFunc(all, func(a, b *store.Result) bool { return keyOf(a) == keyOf(b) })
}
