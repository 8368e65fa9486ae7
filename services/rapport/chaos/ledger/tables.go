package ledger

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/journey"
	"rapport/services/rapport/chaos/audit"
	"rapport/services/rapport/chaos/load"
)

// The tables are read by statements of our own; the schema is that of
// pkg/store/postgres/migrations.
const (
	positionsSQL = `SELECT bucket, seq FROM partition_offset`
	appliedSQL   = `SELECT id, profile, name, min(n), count(*) FROM timeline WHERE kind = 'event' GROUP BY id, profile, name`
	profilesSQL  = `SELECT id, orders, state FROM profile`
	messagesSQL  = `SELECT id, profile, journey, channel, category, outcome, reason, resent FROM message`
	outboxSQL    = `SELECT coalesce(sum(n), 0) FROM outbox`
	wakesSQL     = `SELECT count(*) FROM profile WHERE wake IS NOT NULL`
	openSQL      = `SELECT count(*) FROM message WHERE outcome = ''`
)

// rows runs a statement and calls read for each row.
func rows(ctx context.Context, db *pgx.Conn, sql string, read func(pgx.Rows) error) error {
	found, err := db.Query(ctx, sql)
	if err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	defer found.Close()
	for found.Next() {
		if err := read(found); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// number runs a statement that counts.
func number(ctx context.Context, db *pgx.Conn, sql string) (n int, err error) {
	if err := db.QueryRow(ctx, sql).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", sql, err)
	}
	return n, nil
}

func positions(ctx context.Context, db *pgx.Conn) (map[int]uint64, error) {
	at := map[int]uint64{}
	err := rows(ctx, db, positionsSQL, func(r pgx.Rows) error {
		var bucket int
		var seq int64
		err := r.Scan(&bucket, &seq)
		at[bucket] = uint64(seq) //nolint:gosec // The column holds its 64 bits.
		return err
	})
	return at, err
}

// tables fills in what the database has.
func tables(ctx context.Context, db *pgx.Conn, l *audit.Ledger) error {
	codec, err := journey.NewCodec()
	if err != nil {
		return fmt.Errorf("prepare to read states: %w", err)
	}
	for _, table := range []struct {
		sql  string
		read func(pgx.Rows) error
	}{
		{appliedSQL, func(r pgx.Rows) error {
			var a audit.Applied
			err := r.Scan(&a.UID, &a.Profile, &a.Type, &a.N, &a.Rows)
			l.Applied = append(l.Applied, a)
			return err
		}},
		{profilesSQL, func(r pgx.Rows) error {
			p := audit.Profile{Step: -1}
			var state []byte
			if err := r.Scan(&p.ID, &p.Orders, &state); err != nil {
				return err
			}
			s, err := codec.Decode(state)
			if err != nil {
				return fmt.Errorf("state of %s: %w", p.ID, err)
			}
			if v, there := s.Profile.Traits[load.StepTrait]; there {
				p.Step, err = strconv.Atoi(fmt.Sprint(v))
			}
			l.Profiles = append(l.Profiles, p)
			return err
		}},
		{messagesSQL, func(r pgx.Rows) error {
			var m audit.Message
			err := r.Scan(&m.ID, &m.Profile, &m.Journey, &m.Channel, &m.Category, &m.Outcome, &m.Reason, &m.Resent)
			l.Messages = append(l.Messages, m)
			return err
		}},
	} {
		if err := rows(ctx, db, table.sql, table.read); err != nil {
			return err
		}
	}
	return nil
}
