package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"

	"rapport/pkg/store/packing"
)

// OpenBeside opens the database in o.Dir without taking the directory, for tools that look
// at it, or save a version, while another process runs on it. SQLite lets their
// transactions take turns; a tool must keep its own short, and owns no partition.
//
// It creates and migrates nothing: a directory without a database is fs.ErrNotExist, and
// one of another schema is refused with what to do.
func OpenBeside(ctx context.Context, o Options) (*Store, error) {
	if o.Dir == "" {
		return nil, errors.New("sqlite: Dir is empty: name the data directory")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("sqlite: data directory %s: %w", o.Dir, err)
	}
	s := &Store{path: filepath.Join(dir, "rapport.db"), packer: packing.New()}
	if _, err := os.Stat(s.path); err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if err := s.openBeside(ctx); err != nil {
		if resultCode(err) == 0 { // explain names the file of the others
			err = fmt.Errorf("database %s: %w", s.path, err)
		}
		return nil, fmt.Errorf("sqlite: open: %w", s.explain(err))
	}
	// Close gives back what Open locked; here that is the directory, unlocked.
	if s.lock, err = os.Open(dir); err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// openBeside opens the connections. Unlike open it does not touch the file but through
// SQLite: closing another handle of it would drop this process's locks.
func (s *Store) openBeside(ctx context.Context) error {
	drv, err := current(ctx, s.path)
	if err != nil {
		return err
	}
	dc, err := drv.Open(dsn(s.path, "synchronous(FULL)", "fullfsync(1)", "wal_autocheckpoint(10000)"))
	if err != nil {
		return err
	}
	c, err := newConn(dc)
	if err != nil {
		return err
	}
	if s.reads, err = newReads(ctx, dsn(s.path, "query_only(1)", "cache_size(-2048)")); err != nil {
		return errors.Join(err, c.Close())
	}
	if s.salt, err = readSalt(ctx, s.reads.db); err != nil {
		return errors.Join(err, s.reads.close(), c.Close())
	}
	s.writer = newWriter(c, s.explain)
	return nil
}

// current checks that a database is ours, and of the schema that this program knows.
func current(ctx context.Context, path string) (drv driver.Driver, err error) {
	db, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id int32
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	if id != applicationID {
		return nil, errors.New("this SQLite file belongs to another program: choose another directory")
	}
	fsys, err := migrationFiles()
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, fsys, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the schema's version: %w", err)
	case have > want:
		return nil, fmt.Errorf("schema version %d is newer than this program, which knows up to %d: run the newer program", have, want)
	case have < want:
		return nil, fmt.Errorf("schema version %d is older than this program's %d: start `rapport up` on the directory once, which brings it up to date", have, want)
	}
	return db.Driver(), nil
}

// Partitions returns the numbers of the partitions that the store has, in order. All that
// an orchestrator ever worked on are there.
func (s *Store) Partitions(ctx context.Context) ([]int, error) {
	var list []int
	err := s.query(ctx, `SELECT partition FROM partition_offset ORDER BY partition`, nil, func(scan func(...any) error) error {
		var p int
		err := scan(&p)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which partitions there are: %w", s.explain(err))
	}
	return list, nil
}

// Clock returns the highest time that any partition has seen; zero when none has seen any.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := s.query(ctx, `SELECT max(clock) FROM partition_offset`, nil, func(scan func(...any) error) error { return scan(&at) })
	if err != nil {
		return time.Time{}, fmt.Errorf("read how far time has come: %w", s.explain(err))
	}
	return moment(at), nil
}
