package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/pkg/store"
)

// ceiling writes batches with pgx alone: the same rows into the same tables, an array a
// column, prepared statements in one pipeline with BEGIN and COMMIT; no look at the position
// first, no checks, nothing about wakes.
type ceiling struct {
	b    *testing.B
	pool *pgxpool.Pool
}

func newCeiling(b *testing.B, url string) *ceiling {
	b.Helper()
	openBench(b, url, benchPartitions)
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	c.MaxConns = benchPartitions
	pool, err := pgxpool.NewWithConfig(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return &ceiling{b: b, pool: pool}
}

func column[R, C any](rows []R, of func(*R) C) []C {
	list := make([]C, len(rows))
	for i := range rows {
		list[i] = of(&rows[i])
	}
	return list
}

func (c *ceiling) write(b *store.Batch, round int) {
	q := &pgx.Batch{}
	q.Queue(`BEGIN`)
	type profile = store.ProfileRow
	last := map[string]profile{}
	for _, p := range b.Profiles {
		last[p.ID] = p
	}
	profiles := make([]profile, 0, len(last))
	for _, p := range last {
		profiles = append(profiles, p)
	}
	q.Queue(`INSERT INTO profile (bucket, id, state, known, arming, orders, last_order_at, updated_at, wake, armed, snapshot)
		SELECT $1, id, state, true, false, orders, last, updated, wake, wake, '' FROM unnest($2::text[], $3::bytea[], $4::bigint[],
			$5::bigint[], $6::bigint[], $7::bigint[]) AS v (id, state, orders, last, updated, wake)
		ON CONFLICT (bucket, id) DO UPDATE SET state = excluded.state, orders = excluded.orders, last_order_at = excluded.last_order_at,
			updated_at = excluded.updated_at, wake = excluded.wake`, b.Partition,
		column(profiles, func(p *profile) string { return p.ID }), column(profiles, func(p *profile) []byte { return p.State }),
		column(profiles, func(p *profile) int64 { return int64(p.Orders) }), column(profiles, func(p *profile) int64 { return p.LastOrderAt.UnixNano() }),
		column(profiles, func(p *profile) int64 { return p.UpdatedAt.UnixNano() }), column(profiles, func(p *profile) int64 { return p.Wake.UnixNano() }))
	type line = store.TimelineRow
	base := int64(round * len(b.Timeline))
	numbers := make([]int64, len(b.Timeline))
	for i := range numbers {
		numbers[i] = base + int64(i)
	}
	at := column(b.Timeline, func(t *line) int64 { return t.At.UnixNano() })
	of, ids := column(b.Timeline, func(t *line) string { return t.Profile }), column(b.Timeline, func(t *line) string { return t.ID })
	q.Queue(`INSERT INTO timeline_id (bucket, at, n, profile, id)
		SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[])`, b.Partition, at, numbers, of, ids)
	q.Queue(`INSERT INTO timeline (bucket, at, n, profile, id, kind, name, detail, trace, data)
		SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
			$10::bytea[])`, b.Partition, at, numbers, of, ids,
		column(b.Timeline, func(t *line) string { return string(t.Kind) }), column(b.Timeline, func(t *line) string { return t.Name }),
		column(b.Timeline, func(t *line) string { return t.Detail }), column(b.Timeline, func(t *line) string { return t.Trace }),
		column(b.Timeline, func(t *line) []byte { return append([]byte{}, t.Data...) }))
	type message = store.MessageRow
	q.Queue(`INSERT INTO message (bucket, id, profile, journey, version, instance, step, channel, category, template, decided_at,
			outcome, reason, detail, provider, provider_id, resent, trace)
		SELECT $1, id, profile, journey, version, instance, step, channel, category, template, decided, '', '', '', '', '', false, trace
		FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
			$11::bigint[], $12::text[]) AS v (id, profile, journey, version, instance, step, channel, category, template, decided, trace)`,
		b.Partition, column(b.Messages, func(m *message) string { return m.ID }), column(b.Messages, func(m *message) string { return m.Profile }),
		column(b.Messages, func(m *message) string { return m.Journey }), column(b.Messages, func(m *message) string { return m.Version }),
		column(b.Messages, func(m *message) string { return m.Instance }), column(b.Messages, func(m *message) string { return m.Step }),
		column(b.Messages, func(m *message) string { return string(m.Channel) }), column(b.Messages, func(m *message) string { return string(m.Category) }),
		column(b.Messages, func(m *message) string { return m.Template }), column(b.Messages, func(m *message) int64 { return m.DecidedAt.UnixNano() }),
		column(b.Messages, func(m *message) string { return m.Trace }))
	packed, err := cbor.Marshal(b.Outbox)
	if err != nil {
		c.b.Error(err)
	}
	q.Queue(`INSERT INTO outbox (bucket, seq, n, messages) VALUES ($1, $2, $3, $4)`, b.Partition, round, len(b.Outbox), packed)
	q.Queue(`UPDATE partition_offset SET seq = $2, clock = $3 WHERE bucket = $1`, b.Partition, int64(b.To.Seq), b.To.Clock.UnixNano())
	q.Queue(`COMMIT`)
	if err := c.pool.SendBatch(c.b.Context(), q).Close(); err != nil {
		c.b.Error(err)
	}
}

// measure returns events per second of partitions that write at the same time.
func (c *ceiling) measure(batches [][]*store.Batch) float64 {
	start := time.Now()
	var all sync.WaitGroup
	for p := range batches {
		all.Go(func() {
			for i, b := range batches[p] {
				c.write(b, i+1)
			}
		})
	}
	all.Wait()
	return float64(count(batches)) / time.Since(start).Seconds()
}

func count(batches [][]*store.Batch) (events int) {
	for p := range batches {
		for _, b := range batches[p] {
			events += len(b.Outbox)
		}
	}
	return events
}
