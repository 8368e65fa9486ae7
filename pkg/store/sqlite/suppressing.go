package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"rapport/pkg/store"
)

const (
	phonesQuery       = `SELECT partition, profile FROM phone WHERE hash = ? ORDER BY partition, profile`
	suppressionsQuery = `SELECT hash, reason, channel, at, coalesce(source, '') FROM suppression
		WHERE (bucket, hash, reason) > (?, ?, ?) ORDER BY bucket, hash, reason LIMIT +?`
)

// saltOf returns the installation's salt, which it makes the first time.
func saltOf(ctx context.Context, db *sql.DB) (store.Salt, error) {
	fresh := make(store.Salt, store.SaltSize)
	_, _ = rand.Read(fresh) // It never fails.
	if _, err := db.ExecContext(ctx, `INSERT INTO installation (id, salt) SELECT 1, ? WHERE NOT EXISTS (SELECT 1 FROM installation)`,
		[]byte(fresh)); err != nil {
		return nil, fmt.Errorf("make the salt of hashes: %w", err)
	}
	return readSalt(ctx, db)
}

func readSalt(ctx context.Context, db *sql.DB) (salt store.Salt, err error) {
	if err := db.QueryRowContext(ctx, `SELECT salt FROM installation`).Scan((*[]byte)(&salt)); err != nil {
		return nil, fmt.Errorf("read the salt of hashes: %w", err)
	}
	return salt, nil
}

// Suppress implements store.Suppressing.
func (s *Store) Suppress(ctx context.Context, list []store.Suppression) error {
	err := s.changeList(ctx, &store.Batch{Suppressions: list})
	if err != nil {
		return fmt.Errorf("suppress %d addresses: %w", len(list), err)
	}
	return nil
}

// changeList writes a batch's rows without a partition.
func (s *Store) changeList(ctx context.Context, sb *store.Batch) error {
	b := &batch{Batch: sb, salt: s.salt}
	if err := errors.Join(b.addReleases(), b.addSuppressions()); err != nil || len(b.rows) == 0 {
		return err
	}
	return s.writer.do(ctx, len(b.rows), func(c *conn) error {
		for i := range b.rows {
			if _, err := c.exec(b.rows[i].statement, b.rows[i].args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Release implements store.Suppressing.
func (s *Store) Release(ctx context.Context, address store.Address) (listed bool, err error) {
	hash := s.salt.Hash(address)
	err = s.writer.do(ctx, 1, func(c *conn) error {
		n, err := c.exec(dropSuppressions, int64(store.Bucket(hash)), hash)
		listed = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("release an address: %w", err)
	}
	return listed, nil
}

// Suppressed implements store.Suppressing.
func (s *Store) Suppressed(ctx context.Context, addresses []store.Address) ([]store.Grounds, error) {
	grounds := make([]store.Grounds, len(addresses))
	for start := 0; start < len(addresses); start += loadChunk {
		chunk := addresses[start:min(start+loadChunk, len(addresses))]
		statement, keys := s.reads.listed.of(len(chunk))
		args := make([]any, 2*keys)
		for i, a := range chunk {
			hash := s.salt.Hash(a)
			args[2*i], args[2*i+1] = store.Bucket(hash), hash
		}
		err := eachRow(ctx, statement, args, func(scan func(...any) error) error {
			var n int
			var reason store.Grounds
			err := scan(&n, &reason)
			grounds[start+n] = store.Stronger(grounds[start+n], reason)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for %d addresses: %w", len(addresses), s.explain(err))
		}
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
	args := []any{bucket, after.Hash, string(after.Reason), max(limit, 0)}
	if after.Hash == nil {
		args[1] = []byte{}
	}
	err := eachRow(ctx, s.reads.suppressions, args, func(scan func(...any) error) error {
		var e store.Suppression
		var at sql.NullInt64
		err := scan(&e.Hash, &e.Reason, &e.Channel, &at, &e.Source)
		e.At = moment(at)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the suppression list: %w", s.explain(err))
	}
	return list, nil
}

// ByPhone implements store.Calling.
func (s *Store) ByPhone(ctx context.Context, number string) ([]store.ProfileRef, error) {
	var refs []store.ProfileRef
	err := eachRow(ctx, s.reads.phones, []any{s.salt.Phone(number)}, func(scan func(...any) error) error {
		var ref store.ProfileRef
		err := scan(&ref.Partition, &ref.Profile)
		refs = append(refs, ref)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for whom a number belongs to: %w", s.explain(err))
	}
	return refs, nil
}

// addSuppressions adds the list's new entries.
func (b *batch) addSuppressions() error {
	for i := range b.Suppressions {
		l, e := &b.Suppressions[i], stamps{}
		hash, err := l.HashBy(b.salt)
		if err != nil {
			return err
		}
		err = b.add(addSuppression, "suppression", string(l.Channel), &e, int64(store.Bucket(hash)), hash, string(l.Reason), string(l.Channel),
			e.keep(mustStamp("At", l.At)), text(l.Source))
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) addReleases() error {
	for i := range b.Releases {
		r, e := &b.Releases[i], stamps{}
		hash := b.salt.Hash(r.Address)
		for _, reason := range r.Reasons {
			if err := b.add(dropSuppression, "release", string(r.Channel), &e, int64(store.Bucket(hash)), hash, string(reason)); err != nil {
				return err
			}
		}
		if len(r.Reasons) == 0 {
			if err := b.add(dropSuppressions, "release", string(r.Channel), &e, int64(store.Bucket(hash)), hash); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) addPhones() error {
	for i := range b.Phones {
		p, e := &b.Phones[i], stamps{}
		if p.Former != "" {
			if err := b.add(dropPhone, "number of", p.Profile, &e, int64(b.Partition), p.Profile, b.salt.Phone(p.Former)); err != nil {
				return err
			}
		}
		if p.Number != "" {
			if err := b.add(addPhone, "number of", p.Profile, &e, int64(b.Partition), p.Profile, b.salt.Phone(p.Number)); err != nil {
				return err
			}
		}
	}
	return nil
}
