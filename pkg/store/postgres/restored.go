package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rapport/pkg/store"
)

// ErrSetBack says that the server is another one than when the store was opened, or goes on
// from an earlier point: it was restored, or a copy has taken over. What was committed last
// may be missing, so the process has to start again, which finds out (Restored).
var ErrSetBack = errors.New("the database was restored, or a copy of it has taken over: this process has to start again")

// line is the identity of a cluster and the line of its history, which PostgreSQL begins anew
// with every recovery and promotion (https://www.postgresql.org/docs/current/continuous-archiving.html,
// "Timelines"). It is empty where a server does not tell: one that only speaks PostgreSQL's
// protocol, a role that may not ask, a standby.
func line(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) (string, error) {
	var text string
	err := db.QueryRow(ctx, `SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' ||
		substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`).Scan(&text)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == "42883" || e.Code == "42501" || e.Code == "0A000" || e.Code == "55000") {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the line of the server's history: %w", err)
	}
	return text, nil
}

// Restored reports whether the store was set back since Recovered was last called: it was
// restored from a backup, or a copy that may lack the last commits has taken over. A new
// store was not. On servers that do not tell, whoever restores has to remember
// (`rapport recover`); so it is after a restore of the disk below the server.
func (s *Store) Restored(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now, err := line(ctx, s.pool)
	if err != nil || now == "" {
		return false, s.explain(err)
	}
	var known string
	// An update that changes nothing: it sees the row of another process that started at the same moment, which a select in
	// the same statement does not.
	err = s.pool.QueryRow(ctx, `INSERT INTO history VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET line = history.line
		RETURNING line`, now).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("read which history the store is known on: %w", s.explain(err))
	}
	return known != now, nil
}

// Recovered says that the store knows again what was sent, whatever it had lost.
func (s *Store) Recovered(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now, err := line(ctx, s.pool)
	if err != nil || now == "" {
		return s.explain(err)
	}
	if _, err := s.pool.Exec(ctx, `INSERT INTO history VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET line = excluded.line`, now); err != nil {
		return fmt.Errorf("note that the store is recovered: %w", s.explain(err))
	}
	return nil
}

// watchEvery is how often Watch asks. New connections are looked at besides, so that this is
// for poolers, which hide them.
const watchEvery = 2 * time.Second

// Watch returns ErrSetBack when the server is no longer the one that the store was opened on,
// and nil when ctx ends. A server that is away is waited for.
func (s *Store) Watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.setBack:
			return ErrSetBack
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, s.timeout)
		now, err := line(asking, s.pool)
		cancel()
		if err == nil && now != "" && now != s.line {
			s.noticeSetBack()
			return ErrSetBack
		}
	}
}

func (s *Store) noticeSetBack() {
	s.noticing.Do(func() { close(s.setBack) })
}

// unmoved refuses every further use of the store once it is known that the server was set
// back, also of connections that were looked at before it was.
func (s *Store) unmoved(context.Context, *pgx.Conn) (bool, error) {
	select {
	case <-s.setBack:
		return true, ErrSetBack
	default:
		return true, nil
	}
}

// same refuses a new connection that leads to another server, or another history of it, so
// that nothing is read or written there before the process has started again. A server that
// used to tell its history and does not is still recovering: it may begin another one on this
// very connection, so the connection is not taken, and is asked for again later.
func (s *Store) same(ctx context.Context, conn *pgx.Conn) error {
	now, err := line(ctx, conn)
	switch {
	case err != nil || now == s.line:
		return err
	case now == "":
		return store.Unavailable(errors.New("the server recovers, or follows another one: its history is not known yet"))
	}
	s.noticeSetBack()
	return ErrSetBack
}
