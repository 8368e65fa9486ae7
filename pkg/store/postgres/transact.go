package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// attempts is how often a transaction is tried that others undo.
const attempts = 8

// grace is how long a caller whose context has ended waits for the answer to what was sent
// already: only that says whether it was committed.
const grace = 2 * time.Second

// work is a transaction in two round trips. ask queues what has to be read first, under
// locks; write looks at the answers and queues the rest, or refuses.
type work struct {
	ask   func(*pgx.Batch)
	write func(*pgx.Batch) error
}

// transact runs a transaction, again when it met another one in a way that undid it.
func (s *Store) transact(ctx context.Context, w work) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for try := 1; ; try++ {
		err := s.attempt(ctx, w)
		if err == nil || !passing(err) || try == attempts {
			return s.explain(err)
		}
		wait := time.NewTimer(time.Duration(1+rand.IntN(1<<try)) * time.Millisecond)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return s.explain(err)
		}
	}
}

func (s *Store) attempt(ctx context.Context, w work) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	b := s.begin()
	if w.ask != nil {
		w.ask(b)
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			return rollback(ctx, conn, err)
		}
		b = &pgx.Batch{}
	}
	if err := w.write(b); err != nil {
		return rollback(ctx, conn, err)
	}
	return finish(ctx, conn, b)
}

// begin starts a transaction, with the settings that a pooler kept from the session.
func (s *Store) begin() *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`)
	if s.pooled {
		var calls []string
		var args []any
		for _, set := range settings {
			calls = append(calls, fmt.Sprintf("set_config($%d, $%d, true)", len(args)+1, len(args)+2))
			args = append(args, set[0], set[1])
		}
		b.Queue(`SELECT `+strings.Join(calls, ", "), args...)
	}
	return b
}

// finish sends the last statements of a transaction with its COMMIT. The context of the
// caller no longer ends it at once.
func finish(ctx context.Context, conn *pgxpool.Conn, b *pgx.Batch) error {
	var answer pgconn.CommandTag
	b.Queue(`COMMIT`).Exec(func(tag pgconn.CommandTag) error {
		answer = tag
		return nil
	})
	calm, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	err := conn.SendBatch(calm, b).Close()
	switch {
	case err != nil && code(err) == "":
		return rollback(ctx, conn, fmt.Errorf("the answer to COMMIT did not come, so that only the database knows whether it is there: %w", err))
	case err != nil:
		return rollback(ctx, conn, err)
	case answer.String() != "COMMIT": // PostgreSQL answers ROLLBACK, and no error, to the COMMIT of a failed transaction
		return fmt.Errorf("the answer to COMMIT was %s", answer)
	}
	return nil
}

// rollback ends a transaction that failed, so that its connection can be used again, and
// returns why it failed. A connection that is lost takes its transaction with it.
func rollback(ctx context.Context, conn *pgxpool.Conn, cause error) error {
	if pg := conn.Conn().PgConn(); !pg.IsClosed() && pg.TxStatus() != 'I' {
		calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_, _ = conn.Exec(calm, `ROLLBACK`) // when it fails, Release closes the connection
	}
	return cause
}

// query runs one statement that reads, within the store's time, and calls each for every row.
func (s *Store) query(ctx context.Context, each func(pgx.Rows) error, sql string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, sql, args...)
	if err == nil {
		err = every(each)(rows)
	}
	return s.explain(err)
}

// every makes a reader of all rows out of a reader of one.
func every(each func(pgx.Rows) error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			if err := each(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}
