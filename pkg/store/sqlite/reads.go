package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// reads holds the small pool of connections that read, and their prepared statements.
// They see what was committed last, block nobody, and stay short: a long one would keep
// the log from being folded back into the file.
type reads struct {
	db *sql.DB

	states, seen, tombs, standing, listed, identities chunked

	due, outbox, timeline, message,
	history, events, profile, profiles, phones, suppressions *sql.Stmt
}

// readers is how many connections read at a time. Two processors are busy with two; more
// let short reads pass a long one.
const readers = 4

const (
	outboxQuery = `SELECT seq, messages FROM outbox WHERE partition = ? AND seq > +? ORDER BY seq LIMIT +?`
	// This one sorts: a profile's rows are few, and an index by time for that alone would
	// cost every write.
	timelineQuery = `SELECT id, at, kind, name, coalesce(detail, ''), coalesce(trace, ''), data, packing FROM timeline
		WHERE partition = ? AND profile = ? ORDER BY at DESC, id DESC LIMIT +?`
)

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
		{&r.due, dueQuery},
		{&r.outbox, outboxQuery},
		{&r.timeline, timelineQuery},
		{&r.history, historyQuery},
		{&r.events, eventsQuery},
		{&r.profile, profileQuery},
		{&r.profiles, profilesQuery},
		{&r.phones, phonesQuery},
		{&r.suppressions, suppressionsQuery},
		{&r.message, `SELECT ` + messageColumns + ` FROM message WHERE partition = ? AND id = ?`},
	} {
		if *p.into, err = db.PrepareContext(ctx, p.text); err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), db.Close())
		}
	}
	for _, p := range []struct {
		into *chunked
		text func(keys int) string
	}{{&r.states, statesQuery}, {&r.seen, seenQuery}, {&r.tombs, tombsQuery}, {&r.standing, standingQuery}, {&r.listed, listedQuery}, {&r.identities, identitiesQuery}} {
		for i, keys := range chunks {
			if p.into[i], err = db.PrepareContext(ctx, p.text(keys)); err != nil {
				return nil, errors.Join(fmt.Errorf("prepare a query for %d keys: %w", keys, err), db.Close())
			}
		}
	}
	return r, nil
}

// chunks are for how many keys there are statements. Shorter lists are padded with NULL,
// which no key equals. One statement a key took 17 us a profile where 32 take 8; longer ones
// gained nothing more. The shorter ones are for batches of few: to bind and to pass over 32
// keys takes longer than to look up one.
var chunks = [...]int{1, 4, loadChunk}

const loadChunk = 32

// chunked is one query in all the sizes of chunks.
type chunked [len(chunks)]*sql.Stmt

// of is the smallest statement for n keys, and for how many it is.
func (c *chunked) of(n int) (*sql.Stmt, int) {
	for i, keys := range chunks {
		if n <= keys {
			return c[i], keys
		}
	}
	return c[len(c)-1], loadChunk
}

// statesQuery and seenQuery look up each key of a chunk by index, and answer with the
// key's place in the chunk. CROSS JOIN keeps SQLite from turning the loops around.
func statesQuery(keys int) string {
	return `WITH w (n, id) AS (VALUES ` + chunkValues("(%d, ?)", keys) + `)
		SELECT w.n, p.state, p.packing FROM w CROSS JOIN profile p ON p.id = w.id AND p.partition = ?`
}

func seenQuery(keys int) string {
	return `WITH w (n, profile, id) AS (VALUES ` + chunkValues("(%d, ?, ?)", keys) + `)
		SELECT w.n FROM w CROSS JOIN timeline t ON t.profile = w.profile AND t.id = w.id AND t.partition = ?`
}

// tombsQuery looks up when profiles were erased, by the hashes of their ids.
func tombsQuery(keys int) string {
	return `WITH w (n, hash) AS (VALUES ` + chunkValues("(%d, ?)", keys) + `)
		SELECT w.n, e.at FROM w CROSS JOIN erased e ON e.hash = w.hash AND e.partition = ?`
}

// listedQuery looks up on what grounds addresses are on the suppression list.
func listedQuery(keys int) string {
	return `WITH w (n, bucket, hash) AS (VALUES ` + chunkValues("(%d, ?, ?)", keys) + `)
		SELECT w.n, s.reason FROM w CROSS JOIN suppression s ON s.bucket = w.bucket AND s.hash = w.hash`
}

func chunkValues(row string, keys int) string {
	list := make([]string, keys)
	for i := range list {
		list[i] = fmt.Sprintf(row, i)
	}
	return strings.Join(list, ", ")
}

// eachRow runs a query that is short by nature and calls scan for each of its rows. It
// looks at the context before, not during: for one that can end, the driver starts a
// goroutine a query, which costs more than most of these queries take.
func eachRow(ctx context.Context, st *sql.Stmt, args []any, each func(scan func(...any) error) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	rows, err := st.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column is what a column holds, as the driver gives it: in memory that it made for it and forgets. To scan into a
// slice of bytes would copy it once more, which states and outboxes are too large for.
type column struct{ data []byte }

// Scan implements sql.Scanner.
func (b *column) Scan(value any) error {
	data, ok := value.([]byte)
	if !ok && value != nil {
		return fmt.Errorf("a %T is no blob", value)
	}
	b.data = data
	return nil
}

// bytes are never nil, which is how the driver gives an empty blob.
func (b *column) bytes() []byte {
	if b.data == nil {
		return []byte{}
	}
	return b.data
}

// close closes the pool, and with it the statements.
func (r *reads) close() error { return r.db.Close() }
