package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"rapport/pkg/store"
	"rapport/pkg/store/sqlite"
)

// ceiling writes batches with database/sql alone: the same tables and rows by prepared
// statements on one connection, without checks, queue or concurrency.
type ceiling struct {
	b    *testing.B
	conn *sql.Conn

	profile, timeline, message, outbox, offset *sql.Stmt
}

// newCeiling opens a database of its own, whose tables the store made.
func newCeiling(b *testing.B) *ceiling {
	b.Helper()
	dir := b.TempDir()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	for p := range benchPartitions {
		if _, err := s.Acquire(b.Context(), p, 1); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "rapport.db")+"?_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(10000)&_pragma=cache_size(-32768)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	c := &ceiling{b: b, conn: conn}
	c.profile = c.prepare(`INSERT INTO profile (partition, id, state, known, orders, last_order_at, updated_at, wake)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partition, id) DO UPDATE SET state = excluded.state,
		known = excluded.known, orders = excluded.orders, last_order_at = excluded.last_order_at,
		updated_at = excluded.updated_at, wake = excluded.wake`)
	c.timeline = c.prepare(`INSERT INTO timeline (partition, profile, id, at, kind, name, detail, trace, data)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	c.message = c.prepare(`INSERT INTO message (partition, id, profile, journey, version, instance, step, channel,
		category, template, decided_at, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	c.outbox = c.prepare(`INSERT INTO outbox (partition, seq, n, messages) VALUES (?, ?, ?, ?)`)
	c.offset = c.prepare(`UPDATE partition_offset SET seq = ?, clock = ?, outbox = ? WHERE partition = ? AND epoch = 1`)
	return c
}

func (c *ceiling) prepare(text string) *sql.Stmt {
	st, err := c.conn.PrepareContext(c.b.Context(), text)
	if err != nil {
		c.b.Fatal(err)
	}
	return st
}

func (c *ceiling) exec(st *sql.Stmt, args ...any) {
	if _, err := st.Exec(args...); err != nil {
		c.b.Fatal(err)
	}
}

func (c *ceiling) plain(text string) {
	if _, err := c.conn.ExecContext(c.b.Context(), text); err != nil {
		c.b.Fatal(err)
	}
}

func (c *ceiling) write(b *store.Batch, round int) {
	for i := range b.Profiles {
		p := &b.Profiles[i]
		c.exec(c.profile, b.Partition, p.ID, p.State, p.Known, p.Orders, p.LastOrderAt.UnixNano(),
			p.UpdatedAt.UnixNano(), p.Wake.UnixNano())
	}
	for i := range b.Timeline {
		t := &b.Timeline[i]
		c.exec(c.timeline, b.Partition, t.Profile, t.ID, t.At.UnixNano(), string(t.Kind), t.Name, t.Detail, t.Trace, []byte(t.Data))
	}
	for i := range b.Messages {
		m := &b.Messages[i]
		c.exec(c.message, b.Partition, m.ID, m.Profile, m.Journey, m.Version, m.Instance, m.Step, string(m.Channel),
			string(m.Category), m.Template, m.DecidedAt.UnixNano(), m.Trace)
	}
	packed, err := cbor.Marshal(b.Outbox)
	if err != nil {
		c.b.Fatal(err)
	}
	c.exec(c.outbox, b.Partition, round, len(b.Outbox), packed)
	c.exec(c.offset, int64(b.To.Seq), b.To.Clock.UnixNano(), round, b.Partition)
}

// measureCeiling returns events per second of one transaction after the other, each with
// one batch of every partition.
func measureCeiling(b *testing.B, batches [][]*store.Batch) float64 {
	c := newCeiling(b)
	start := time.Now()
	events := 0
	for round := range batches[0] {
		c.plain("BEGIN IMMEDIATE")
		for p := range batches {
			c.write(batches[p][round], round+1)
			events += benchEvents
		}
		c.plain("COMMIT")
	}
	return float64(events) / time.Since(start).Seconds()
}
