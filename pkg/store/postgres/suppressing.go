package postgres

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// The list is written by all partitions, and by people: rows are inserted in the order of
// keys, so that nobody waits in a circle, and what does all the same is tried again.
const (
	addSuppressions = `INSERT INTO suppression (bucket, hash, reason, channel, at, source)
		SELECT * FROM unnest($1::int[], $2::bytea[], $3::text[], $4::text[], $5::bigint[], $6::text[])
		ON CONFLICT (bucket, hash, reason) DO NOTHING`
	dropSuppressions = `DELETE FROM suppression WHERE bucket = $1 AND hash = $2 AND ($3::text[] IS NULL OR reason = ANY ($3))`

	dropPhone = `DELETE FROM phone p USING unnest($2::text[], $3::bytea[]) AS v (profile, hash)
		WHERE p.bucket = $1 AND p.profile = v.profile AND p.hash = v.hash`
	addPhone = `INSERT INTO phone (bucket, profile, hash) SELECT $1::integer, * FROM unnest($2::text[], $3::bytea[])
		ON CONFLICT (bucket, profile, hash) DO NOTHING`

	// As with loadStates, LIMIT 1 has each row looked up by its key.
	lookQuery = `SELECT v.n::int, p.state, s.listed IS NOT NULL
		FROM unnest($1::int[], $2::text[], $3::int[], $4::bytea[]) WITH ORDINALITY AS v (bucket, id, list, hash, n)
		CROSS JOIN LATERAL (SELECT state FROM profile WHERE profile.bucket = v.bucket AND profile.id = v.id LIMIT 1) p
		LEFT JOIN LATERAL (SELECT true AS listed FROM suppression
			WHERE suppression.bucket = v.list AND suppression.hash = v.hash LIMIT 1) s ON true`
	listedQuery = `SELECT v.n::int, s.reason FROM unnest($1::int[], $2::bytea[]) WITH ORDINALITY AS v (bucket, hash, n)
		JOIN suppression s ON s.bucket = v.bucket AND s.hash = v.hash`
	suppressionsQuery = `SELECT hash, reason, channel, at, source FROM suppression
		WHERE (bucket, hash, reason) > ($1::int, $2::bytea, $3::text) ORDER BY bucket, hash, reason LIMIT $4`
	phonesQuery = `SELECT bucket, profile FROM phone WHERE hash = $1 ORDER BY bucket, profile`
)

// readSalt reads the installation's salt, which it makes the first time.
func (s *Store) readSalt(ctx context.Context) error {
	fresh := make([]byte, store.SaltSize)
	_, _ = rand.Read(fresh) // It never fails.
	read := func() error {
		return s.pool.QueryRow(ctx, `SELECT salt FROM installation`).Scan((*[]byte)(&s.salt))
	}
	err := read()
	if err == pgx.ErrNoRows { //nolint:errorlint // That is how pgx says it.
		_, err = s.pool.Exec(ctx, `INSERT INTO installation VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, fresh)
		if err == nil {
			err = read()
		}
	}
	if err != nil {
		return fmt.Errorf("read the salt of hashes: %w", err)
	}
	return nil
}

// Suppress implements store.Suppressing.
func (s *Store) Suppress(ctx context.Context, list []store.Suppression) error {
	c := &columns{}
	err := c.addSuppressions(list, s.salt)
	if err == nil && c.suppressions != nil {
		err = s.transact(ctx, work{write: func(b *pgx.Batch) error {
			b.Queue(addSuppressions, c.suppressions...)
			return nil
		}})
	}
	if err != nil {
		return fmt.Errorf("suppress %d addresses: %w", len(list), err)
	}
	return nil
}

// Release implements store.Suppressing.
func (s *Store) Release(ctx context.Context, address store.Address) (listed bool, err error) {
	hash := s.salt.Hash(address)
	err = s.transact(ctx, work{write: func(b *pgx.Batch) error {
		b.Queue(dropSuppressions, store.Bucket(hash), hash, []string(nil)).Exec(func(tag pgconn.CommandTag) error {
			listed = tag.RowsAffected() > 0
			return nil
		})
		return nil
	}})
	if err != nil {
		return false, fmt.Errorf("release an address: %w", err)
	}
	return listed, nil
}

// Suppressed implements store.Suppressing.
func (s *Store) Suppressed(ctx context.Context, addresses []store.Address) ([]store.Grounds, error) {
	grounds := make([]store.Grounds, len(addresses))
	if len(addresses) == 0 {
		return grounds, nil
	}
	hashes := column(addresses, func(a *store.Address) []byte { return s.salt.Hash(*a) })
	err := s.query(ctx, func(rows pgx.Rows) error {
		var n int
		var reason store.Grounds
		err := rows.Scan(&n, &reason)
		grounds[n-1] = store.Stronger(grounds[n-1], reason)
		return err
	}, listedQuery, column(hashes, func(h *[]byte) int32 { return int32(store.Bucket(*h)) }), hashes)
	if err != nil {
		return nil, fmt.Errorf("look for %d addresses: %w", len(addresses), err)
	}
	return grounds, nil
}

// Suppressions implements store.Suppressing.
func (s *Store) Suppressions(ctx context.Context, after store.Suppression, limit int) ([]store.Suppression, error) {
	bucket := -1
	if len(after.Hash) > 0 {
		bucket = store.Bucket(after.Hash)
	}
	var list []store.Suppression
	err := s.query(ctx, func(rows pgx.Rows) error {
		var l store.Suppression
		var at int64
		err := rows.Scan(&l.Hash, &l.Reason, &l.Channel, &at, &l.Source)
		l.At = momentOf(at)
		list = append(list, l)
		return err
	}, suppressionsQuery, bucket, orEmpty(after.Hash), string(after.Reason), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read the suppression list: %w", err)
	}
	return list, nil
}

// ByPhone implements store.Calling.
func (s *Store) ByPhone(ctx context.Context, number string) ([]store.ProfileRef, error) {
	var refs []store.ProfileRef
	err := s.query(ctx, func(rows pgx.Rows) error {
		var ref store.ProfileRef
		err := rows.Scan(&ref.Partition, &ref.Profile)
		refs = append(refs, ref)
		return err
	}, phonesQuery, s.salt.Phone(number))
	if err != nil {
		return nil, fmt.Errorf("look for whom a number belongs to: %w", err)
	}
	return refs, nil
}

// Look implements store.Standing.
func (s *Store) Look(ctx context.Context, looks []store.Look) ([]store.Sight, error) {
	sights := make([]store.Sight, len(looks))
	if len(looks) == 0 {
		return sights, nil
	}
	hashes := column(looks, func(l *store.Look) []byte {
		if l.Address.Address == "" {
			return nil
		}
		return s.salt.Hash(l.Address)
	})
	err := s.query(ctx, func(rows pgx.Rows) error {
		var n int
		var sight store.Sight
		err := rows.Scan(&n, &sight.State, &sight.Suppressed)
		if err == nil {
			sight.State = orEmpty(sight.State)
			sights[n-1] = sight
		}
		return err
	}, lookQuery,
		column(looks, func(l *store.Look) int32 { return int32(l.Partition) }),
		column(looks, func(l *store.Look) string { return l.Profile }),
		column(hashes, func(h *[]byte) int32 {
			if *h == nil {
				return -1 // No bucket has this number.
			}
			return int32(store.Bucket(*h))
		}), hashes)
	if err != nil {
		return nil, fmt.Errorf("read how %d profiles stand: %w", len(looks), err)
	}
	return sights, nil
}

// listed is an entry of the list with its hash.
type listed struct {
	*store.Suppression
	hash []byte
}

func (c *columns) addSuppressions(all []store.Suppression, salt store.Salt) (err error) {
	if len(all) == 0 {
		return nil
	}
	rows := make([]listed, len(all))
	for i := range all {
		hash, err := all[i].HashBy(salt)
		if err != nil {
			return err
		}
		rows[i] = listed{&all[i], hash}
	}
	slices.SortStableFunc(rows, func(a, b listed) int {
		return cmp.Or(bytes.Compare(a.hash, b.hash), strings.Compare(string(a.Reason), string(b.Reason)))
	})
	c.suppressions = []any{
		column(rows, func(r *listed) int32 { return int32(store.Bucket(r.hash)) }),
		column(rows, func(r *listed) []byte { return r.hash }),
		column(rows, func(r *listed) string { return string(r.Reason) }),
		column(rows, func(r *listed) string { return string(r.Channel) }),
		times(&err, rows, func(r *listed) (int64, error) { return form.Time("At of a suppression", r.At) }),
		column(rows, func(r *listed) string { return r.Source }),
	}
	return err
}

// addPhones sorts out whose former numbers go and whose new ones come.
func (c *columns) addPhones(all []store.PhoneRow, salt store.Salt) {
	var profiles [2][]string
	var hashes [2][][]byte
	for i := range all {
		for n, number := range []string{all[i].Former, all[i].Number} {
			if number != "" {
				profiles[n], hashes[n] = append(profiles[n], all[i].Profile), append(hashes[n], salt.Phone(number))
			}
		}
	}
	if len(profiles[0]) > 0 {
		c.hungUp = []any{profiles[0], hashes[0]}
	}
	if len(profiles[1]) > 0 {
		c.phones = []any{profiles[1], hashes[1]}
	}
}

// queueLists queues what a batch says about addresses and numbers.
func (c *columns) queueLists(q *pgx.Batch, b *store.Batch, salt store.Salt) {
	if c.hungUp != nil {
		q.Queue(dropPhone, append([]any{b.Partition}, c.hungUp...)...)
	}
	if c.phones != nil {
		q.Queue(addPhone, append([]any{b.Partition}, c.phones...)...)
	}
	for i := range b.Releases {
		r := &b.Releases[i]
		hash := salt.Hash(r.Address)
		var reasons []string
		for _, reason := range r.Reasons {
			reasons = append(reasons, string(reason))
		}
		q.Queue(dropSuppressions, store.Bucket(hash), hash, reasons)
	}
	if c.suppressions != nil {
		q.Queue(addSuppressions, c.suppressions...)
	}
}
