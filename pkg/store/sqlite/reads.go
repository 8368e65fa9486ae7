package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// reads holds the small pool of connections that read, and their prepared statements.
// They see what was committed last, block nobody, and stay short: a long one would keep
// the log from being folded back into the file.
type reads struct {
	db *sql.DB

	state, seen, due, nextDue, outbox, timeline, message *sql.Stmt
}

// readers is how many connections read at a time. Two processors are busy with two; more
// let short reads pass a long one.
const readers = 4

const messageColumns = `id, profile, journey, coalesce(version, ''), coalesce(instance, ''), coalesce(step, ''),
	channel, coalesce(category, ''), template, decided_at, coalesce(outcome, ''), coalesce(reason, ''),
	coalesce(detail, ''), coalesce(provider, ''), coalesce(provider_id, ''), outcome_at, resent, coalesce(trace, '')`

func newReads(ctx context.Context, dsn string) (*reads, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open for reading: %w", err)
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	r := &reads{db: db}
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&r.state, `SELECT state FROM profile WHERE partition = ? AND id = ?`},
		{&r.seen, `SELECT 1 FROM timeline WHERE partition = ? AND profile = ? AND id = ?`},
		{&r.due, `SELECT id, wake FROM profile WHERE partition = ? AND wake < ? ORDER BY wake, id LIMIT ?`},
		{&r.nextDue, `SELECT min(wake) FROM profile WHERE partition = ? AND wake IS NOT NULL`},
		{&r.outbox, `SELECT seq, messages FROM outbox WHERE partition = ? AND seq > ? ORDER BY seq LIMIT ?`},
		{&r.timeline, `SELECT id, at, kind, name, coalesce(detail, ''), coalesce(trace, ''), data FROM timeline
			WHERE partition = ? AND profile = ? ORDER BY at DESC, id DESC LIMIT ?`},
		{&r.message, `SELECT ` + messageColumns + ` FROM message WHERE partition = ? AND id = ?`},
	} {
		if *p.into, err = db.PrepareContext(ctx, p.text); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), db.Close())
		}
	}
	return r, nil
}

// close closes the pool, and with it the statements.
func (r *reads) close() error { return r.db.Close() }
