package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/pkg/store"
)

// Options say which database, and how it is used.
type Options struct {
	// URL is postgres://user:password@host:port/database?parameters, as pgx reads it: several
	// hosts with commas, sslmode, target_session_attrs. It may be that of a pooler in
	// transaction mode.
	URL string
	// MigrateURL is where to bring the schema up to date, when URL's role may not change it.
	// Empty: URL.
	MigrateURL string
	// Logger is told about migrations and what is odd. Nil: nobody.
	Logger *slog.Logger
	// Conns is how many connections the store uses at most. Zero: four for each processor,
	// and at least eight.
	Conns int
	// Timeout bounds each call, so that a network that swallows packets is not waited for.
	// Reads of the whole store (Counts) have no bound but their context. Zero: 30 seconds.
	Timeout time.Duration
}

// Store is a store.Store in one PostgreSQL database. Its methods are safe for concurrent
// use; so are several stores, in several processes, on one database.
type Store struct {
	name    string // of the database, as errors name it: host, port and name
	pool    *pgxpool.Pool
	log     *slog.Logger
	timeout time.Duration
	pooled  bool   // something between us and the server refuses settings of a session
	line    string // of the server's history, when it was opened; see restored.go

	setBack  chan struct{} // closed when a connection leads to another history
	noticing sync.Once

	salt    store.Salt
	erased  sync.Map  // whether a partition that was acquired here has erased profiles; unknown: it may
	packed  sync.Pool // of *bytes.Buffer, for outboxes on their way
	months  *months
	claims  *combiner[*claiming]
	records *combiner[*recording]

	mu     sync.Mutex
	firing map[int]firing // by partition

	closing sync.Once
}

var _ store.Store = (*Store)(nil)

// Open connects to the database, migrates it as needed, and makes the partitions of the
// timeline for the months around now. ctx bounds the opening alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.URL == "" {
		return nil, errors.New("postgres: URL is empty: name a database as postgres://user:password@host:port/database")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Conns = cmp.Or(max(o.Conns, 0), max(8, 4*runtime.GOMAXPROCS(0)))
	o.Timeout = cmp.Or(max(o.Timeout, 0), 30*time.Second)
	s := &Store{log: o.Logger, timeout: o.Timeout, setBack: make(chan struct{}), firing: map[int]firing{}}
	if err := s.open(ctx, &o); err != nil {
		return nil, fmt.Errorf("postgres: open: %w", s.explain(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o *Options) (err error) {
	if err := s.connect(ctx, o); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.pool.Close()
		}
	}()
	if err := migrate(ctx, cmp.Or(o.MigrateURL, o.URL), s.log); err != nil {
		return err
	}
	if err := s.readSalt(ctx); err != nil {
		return err
	}
	s.months = newMonths(s)
	if err := s.months.ahead(ctx, time.Now()); err != nil {
		return err
	}
	s.claims, s.records = newCombiner(s.claimGroup), newCombiner(s.recordGroup)
	return nil
}

// Ping implements store.Store. It writes: a standby, and a server with a full disk, still
// read well.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if _, err := s.pool.Exec(ctx, `UPDATE ping SET n = n + 1`); err != nil {
		return fmt.Errorf("ping: %w", s.explain(err))
	}
	return nil
}

// Close lets calls that run finish and ends the connections. Calls after it fail.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.claims.stop()
		s.records.stop()
		s.pool.Close()
	})
	return nil
}
