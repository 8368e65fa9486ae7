package postgres

import (
	"bytes"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/form"
)

// The statements of erasures. $1 is the bucket, $2 the profiles.
const (
	lockOutbox = `SELECT seq, messages FROM outbox WHERE bucket = $1 ORDER BY seq FOR UPDATE`
	trimOutbox = `UPDATE outbox SET n = $3, messages = $4 WHERE bucket = $1 AND seq = $2`
	dropUnsent = `DELETE FROM outbox WHERE bucket = $1 AND seq = $2`

	dropTimeline = `WITH ids AS (
			DELETE FROM timeline_id WHERE bucket = $1 AND profile = ANY ($2::text[]) RETURNING at, n
		), lines AS (
			DELETE FROM timeline t USING ids WHERE t.bucket = $1 AND t.at = ids.at AND t.n = ids.n RETURNING t.kind, t.name
		)
		INSERT INTO gone (bucket, kind, name, n) SELECT $1::integer, kind, name, count(*) FROM lines GROUP BY kind, name
		ON CONFLICT (bucket, kind, name) DO UPDATE SET n = gone.n + excluded.n`
	dropPhones = `DELETE FROM phone WHERE bucket = $1 AND profile = ANY ($2::text[])`
	// A profile may have left more rows than its last one. This reads all of the bucket, once a
	// batch that erases somebody.
	dropWakes    = `DELETE FROM wake WHERE bucket = $1 AND id = ANY ($2::text[])`
	dropProfiles = `DELETE FROM profile WHERE bucket = $1 AND id = ANY ($2::text[])`
	tombMessages = `UPDATE message SET profile = '', instance = '', detail = '', provider_id = '', trace = ''
		WHERE bucket = $1 AND profile = ANY ($2::text[])`
	suppressUnsent = `WITH done AS (
			UPDATE message m SET outcome = 'suppressed', reason = 'suppressed', outcome_at = v.at
			FROM unnest($2::text[], $3::bigint[]) AS v (id, at) WHERE m.bucket = $1 AND m.id = v.id AND m.outcome = ''
			RETURNING 1
		)
		UPDATE partition_offset SET open = open - (SELECT count(*) FROM done) WHERE bucket = $1`
	addErased = `INSERT INTO erased (bucket, hash, at) SELECT $1::integer, * FROM unnest($2::bytea[], $3::bigint[])
		ON CONFLICT (bucket, hash) DO UPDATE SET at = greatest(erased.at, excluded.at)`

	anyErased  = `SELECT EXISTS (SELECT FROM erased WHERE bucket = $1 LIMIT 1)`
	loadErased = `SELECT v.n::int, e.at FROM unnest($2::bytea[]) WITH ORDINALITY AS v (hash, n)
		CROSS JOIN LATERAL (SELECT at FROM erased WHERE bucket = $1 AND erased.hash = v.hash LIMIT 1) e`
)

// erasures are those of a batch, ready to be written.
type erasures struct {
	of       []store.Erasure
	profiles []string
	tombs    []any            // columns of addErased
	at       map[string]int64 // by profile
	waiting  []store.OutboxBatch
}

func (c *columns) addErasures(all []store.Erasure, salt store.Salt) error {
	if len(all) == 0 {
		return nil
	}
	e := &erasures{of: all, at: map[string]int64{}}
	for i := range all {
		at, err := form.Time("At", all[i].At)
		if err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
		if former, twice := e.at[all[i].Profile]; twice {
			e.at[all[i].Profile] = max(former, at)
			continue
		}
		e.at[all[i].Profile] = at
		e.profiles = append(e.profiles, all[i].Profile)
	}
	e.tombs = []any{
		column(e.profiles, func(p *string) []byte { return salt.Profile(*p) }),
		column(e.profiles, func(p *string) int64 { return e.at[*p] }),
	}
	c.erasures = e
	return nil
}

// lock queues the reading of what waits in the outbox.
func (e *erasures) lock(q *pgx.Batch, bucket int) {
	e.waiting = nil
	q.Queue(lockOutbox, bucket).Query(every(func(rows pgx.Rows) error {
		var b store.OutboxBatch
		var packed []byte
		err := rows.Scan(&b.Seq, &packed)
		if err == nil {
			b.Messages, err = form.UnpackOutbox(packed)
		}
		e.waiting = append(e.waiting, b)
		return err
	}))
}

// queue queues what removes the people, before everything else of the batch.
func (e *erasures) queue(q *pgx.Batch, bucket int) error {
	var ids []string
	var times []int64
	for _, b := range e.waiting {
		left := b.Messages[:0:0]
		for i := range b.Messages {
			m := &b.Messages[i]
			owner := e.owner(m)
			if owner == nil {
				left = append(left, *m)
				continue
			}
			ids, times = append(ids, m.ID), append(times, e.at[owner.Profile])
		}
		switch {
		case len(left) == len(b.Messages):
		case len(left) == 0:
			q.Queue(dropUnsent, bucket, int64(b.Seq))
		default:
			var packed bytes.Buffer
			if err := form.PackOutbox(&packed, left); err != nil {
				return err
			}
			q.Queue(trimOutbox, bucket, int64(b.Seq), len(left), packed.Bytes())
		}
	}
	for _, sql := range []string{dropTimeline, dropPhones, dropWakes, dropProfiles, tombMessages} {
		q.Queue(sql, bucket, e.profiles)
	}
	if len(ids) > 0 {
		q.Queue(suppressUnsent, bucket, ids, times)
	}
	q.Queue(addErased, append([]any{bucket}, e.tombs...)...)
	return nil
}

func (e *erasures) owner(m *store.Outgoing) *store.Erasure {
	for i := range e.of {
		if e.of[i].Owns(m) {
			return &e.of[i]
		}
	}
	return nil
}
