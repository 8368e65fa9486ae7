package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
)

// The timeline is partitioned by months of what the rows say (At, in UTC), because old
// months can then be dropped at once. A month gets its partition when the first row of it
// comes, the present one and the next beforehand. Producers may give any time, so months
// that lie further off than these share the partition timeline_other: a table a month for
// whoever sends random times would be thousands.
const (
	yearsBack  = 20
	yearsAhead = 2
)

// retryMonth is how long rows of a month go to timeline_other when its partition could not
// be made, before that is tried again.
const retryMonth = 10 * time.Minute

// month counts months since the year 0.
type month int

func monthOf(at time.Time) month {
	at = at.UTC()
	return month(at.Year()*12 + int(at.Month()) - 1)
}

// start returns the first moment of a month.
func (m month) start() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// table returns the name of a month's partition.
func (m month) table() string { return m.start().Format("timeline_2006_01") }

// months knows which partitions there are.
type months struct {
	s *Store

	mu     sync.Mutex
	have   map[month]bool
	failed map[month]time.Time
}

func newMonths(s *Store) *months {
	return &months{s: s, have: map[month]bool{}, failed: map[month]time.Time{}}
}

// ahead makes the partitions of this month and the next.
func (m *months) ahead(ctx context.Context, now time.Time) error {
	for i := range month(2) {
		if err := m.create(ctx, monthOf(now)+i); err != nil {
			return fmt.Errorf("make a partition of the timeline: %w", err)
		}
	}
	return nil
}

// need makes the partitions that rows belong to, unless they are there. It need not
// succeed: what has no partition goes to timeline_other.
func (m *months) need(ctx context.Context, rows []store.TimelineRow) {
	for _, missing := range m.missing(rows, time.Now()) {
		if err := m.create(ctx, missing); err != nil {
			m.s.log.WarnContext(ctx, "no partition for a month of the timeline; its rows go to timeline_other meanwhile",
				"month", missing.table(), "error", err)
			m.mu.Lock()
			m.failed[missing] = time.Now()
			m.mu.Unlock()
		}
	}
}

func (m *months) missing(rows []store.TimelineRow, now time.Time) (list []month) {
	m.mu.Lock()
	defer m.mu.Unlock()
	this := monthOf(now)
	for i := range rows {
		of := monthOf(rows[i].At)
		if m.have[of] || of < this-12*yearsBack || of > this+12*yearsAhead {
			continue
		}
		for _, want := range []month{of, of + 1} {
			if want != of && of != this { // the next month is made as soon as this one begins
				continue
			}
			if !m.have[want] && !slices.Contains(list, want) && now.Sub(m.failed[want]) > retryMonth {
				list = append(list, want)
			}
		}
	}
	return list
}

// create makes a month's partition. It is made as a table of its own and then attached,
// which lets others read and write the timeline meanwhile. Rows of the month that went to
// timeline_other move over.
func (m *months) create(ctx context.Context, of month) error {
	ctx, cancel := context.WithTimeout(ctx, m.s.timeout)
	defer cancel()
	err := pgx.BeginFunc(ctx, m.s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1), set_config('lock_timeout', '3s', true)`, schemaLock); err != nil {
			return err
		}
		there := false
		if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, of.table()).Scan(&there); err != nil || there {
			return err
		}
		// All in one message, which the server plans piece by piece.
		_, err := tx.Exec(ctx, of.attach(), pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return m.s.explain(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.have[of] = true
	return nil
}

// attach is what makes a month's partition.
func (m month) attach() string {
	return strings.NewReplacer("{table}", m.table(), "{from}", strconv.FormatInt(m.start().UnixNano(), 10),
		"{to}", strconv.FormatInt((m+1).start().UnixNano(), 10)).Replace(`
		CREATE TABLE {table} (LIKE timeline INCLUDING ALL);
		LOCK TABLE timeline_other IN ACCESS EXCLUSIVE MODE;
		WITH moved AS (DELETE FROM timeline_other WHERE at >= {from} AND at < {to} RETURNING *) INSERT INTO {table} SELECT * FROM moved;
		ALTER TABLE timeline ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to})`)
}
