package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"rapport/pkg/store"
	"rapport/pkg/store/packing"
)

// Options say where the database lies and how it is kept.
type Options struct {
	// Dir is the directory that holds the database; it is created when missing. One
	// process owns it at a time. It has to be on a local disk.
	Dir string
	// Logger is told about migrations. Nil: nobody.
	Logger *slog.Logger
	// Synchronous is SQLite's setting of that name: FULL (the default), EXTRA or NORMAL.
	// NORMAL loses the last commits on a power cut, though never on a killed process.
	Synchronous string
}

// Store is a store.Store in one SQLite database. Its methods are safe for concurrent use.
type Store struct {
	path   string
	lock   *os.File
	writer *writer
	folder *folder // nil beside a running program
	reads  *reads
	packed sync.Pool // of *bytes.Buffer, for outboxes on their way
	packer *packing.Packer
	salt   store.Salt
	fired  sync.Map // by partition: what Due found last, a map of profiles to their wakes
	erased sync.Map // whether a partition has erased profiles; unknown: it may

	closing  sync.Once
	closeErr error
}

// Open opens the database in o.Dir, creating or migrating it as needed. Its errors name
// the file and what to do; ctx bounds the opening alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	o.Synchronous = cmp.Or(strings.ToUpper(o.Synchronous), "FULL")
	if !slices.Contains([]string{"NORMAL", "FULL", "EXTRA"}, o.Synchronous) {
		return nil, fmt.Errorf("sqlite: Synchronous is %q: use FULL, EXTRA or NORMAL", o.Synchronous)
	}
	if o.Dir == "" {
		return nil, errors.New("sqlite: Dir is empty: name the data directory")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("sqlite: data directory %s: %w", o.Dir, err)
	}
	// What lies here are customers: for this user's eyes only.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sqlite: make the data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	s := &Store{path: filepath.Join(dir, "rapport.db"), lock: lock, packer: packing.New()}
	if err := s.open(ctx, &o); err != nil {
		if resultCode(err) == 0 { // explain names the file of the others
			err = fmt.Errorf("database %s: %w", s.path, err)
		}
		return nil, fmt.Errorf("sqlite: open: %w", errors.Join(s.explain(err), lock.Close()))
	}
	return s, nil
}

// open creates the file, migrates it, and opens the connections that stay.
func (s *Store) open(ctx context.Context, o *Options) error {
	// It stays open until SQLite is done with the file: closing any handle of it drops all
	// locks that this process has on it.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if s.folder == nil {
			_ = f.Close() // It was not written to.
		}
	}()
	writing := dsn(s.path, "journal_mode(WAL)", "synchronous("+o.Synchronous+")", "fullfsync(1)",
		"wal_autocheckpoint("+strconv.Itoa(lastResort)+")", "journal_size_limit(134217728)", "cache_size(-12288)")
	db, err := sql.Open("sqlite", writing)
	if err != nil {
		return err
	}
	drv := db.Driver()
	fsys, err := migrationFiles()
	if err == nil {
		err = migrate(ctx, db, fsys, o.Logger)
	}
	if err == nil {
		s.salt, err = saltOf(ctx, db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	dc, err := drv.Open(writing)
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
	folding, err := drv.Open(dsn(s.path, "synchronous("+o.Synchronous+")", "fullfsync(1)", "wal_autocheckpoint(0)", "cache_size(-64)"))
	if err != nil {
		return errors.Join(err, s.reads.close(), c.Close())
	}
	s.writer = newWriter(c, s.explain)
	s.folder = newFolder(folding, f, s.writer, o.Logger, usualBounds)
	return nil
}

// dsn names the file with the settings of a connection. Waiting for a lock is set for all:
// only a shell or a backup could hold one.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(10000)", "temp_store(MEMORY)"}, pragmas...)}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	return u.String()
}

// Ping implements store.Store. It writes, since a full disk still reads well.
func (s *Store) Ping(ctx context.Context) error {
	err := s.writer.do(ctx, 1, func(c *conn) error {
		_, err := c.exec(ping)
		return err
	})
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// Close lets requests that wait finish, folds the log into the file, and gives the
// directory back. Calls after it, of Close too, do nothing but say so.
func (s *Store) Close() error {
	s.closing.Do(func() {
		if s.folder != nil {
			s.closeErr = s.folder.stop()
		}
		s.writer.stop()
		// The last connection to close folds the log; it has to be one that may write.
		s.closeErr = errors.Join(s.closeErr, s.reads.close(), s.writer.conn.Close())
		if s.folder != nil {
			s.closeErr = errors.Join(s.closeErr, s.folder.file.Close())
		}
		s.closeErr = errors.Join(s.closeErr, s.lock.Close())
		if s.closeErr != nil {
			s.closeErr = fmt.Errorf("sqlite: close: %w", s.explain(s.closeErr))
		}
	})
	return s.closeErr
}
