package transfer

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"rapport/pkg/store/packing"
	"rapport/pkg/store/sqlite"
)

// source is the store that is read.
type source struct {
	lock   *sqlite.Store // holds the directory, and has brought the tables up to date
	packer *packing.Packer
	db     *sql.DB
	path   string
}

func openSource(ctx context.Context, dir string) (*source, error) {
	lock, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return nil, fmt.Errorf("open the source: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(dir, "rapport.db"))
	if err == nil {
		var db *sql.DB
		db, err = sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: "mode=ro&_pragma=query_only(1)"}).String())
		if err == nil {
			return &source{lock: lock, packer: packing.New(), db: db, path: path}, nil
		}
	}
	return nil, fmt.Errorf("open the source: %w", errors.Join(err, lock.Close()))
}

func (s *source) close() error { return errors.Join(s.db.Close(), s.lock.Close()) }

// rows calls each with the rows of a table after a rowid, at most limit; all of a whole table.
func (s *source) rows(ctx context.Context, t table, after int64, limit int, each func(rowid int64, values []any) error) error {
	how := "0"
	if t.packed != "" {
		how = "packing"
	}
	query := fmt.Sprintf("SELECT rowid, %s, %s FROM %s WHERE rowid > ? ORDER BY rowid LIMIT ?", how, strings.Join(t.from, ", "), t.name)
	args := []any{after, limit}
	if t.whole != "" {
		query = fmt.Sprintf("SELECT 0, 0, %s FROM %s ORDER BY %s", strings.Join(t.from, ", "), t.name, t.ordered())
		args = nil
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read %s of the source: %w", t.name, err)
	}
	defer rows.Close() //nolint:errcheck // Err says it.
	for rows.Next() {
		var rowid, way int64
		values := make([]any, len(t.from))
		into := []any{&rowid, &way}
		for i := range values {
			into = append(into, &values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read %s of the source: %w", t.name, err)
		}
		if err := s.unpack(t, values, way); err != nil {
			return fmt.Errorf("read %s of the source: row %d: %w", t.name, rowid, err)
		}
		if err := each(rowid, values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s of the source: %w", t.name, err)
	}
	return nil
}

// unpack puts what a row's packed column stands for in its place: the target packs for itself, or not.
func (s *source) unpack(t table, values []any, way int64) error {
	place := slices.Index(t.from, t.packed)
	if place < 0 {
		return nil
	}
	kept, _ := values[place].([]byte)
	b, err := s.packer.Unpack(kept, way)
	if way != packing.Plain {
		values[place] = b
	}
	return err
}

// ordered is the order of a whole table; numbers count what is copied, which begins behind
// the rowid and the way.
func (t table) ordered() string {
	if t.whole[0] < '0' || t.whole[0] > '9' {
		return t.whole
	}
	var places []string
	for i := range strings.Split(t.whole, ",") {
		places = append(places, fmt.Sprint(i+3))
	}
	return strings.Join(places, ", ")
}

// count is how many rows a table has.
func (s *source) count(ctx context.Context, t table) (n int64, err error) {
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+t.name).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s of the source: %w", t.name, err)
	}
	return n, nil
}

// state is what changes whenever the source is used: its positions and claims, and the list
// of addresses, which people write.
func (s *source) state(ctx context.Context) (string, error) {
	sum := newChecksum()
	for _, t := range tables() {
		if t.name != "partition_offset" && t.name != "claim" && t.name != "suppression" {
			continue
		}
		const everything = 1 << 62
		if err := s.rows(ctx, t, -1<<62, everything, func(_ int64, values []any) error { return sum.add(values) }); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.bytes()), nil
}
