package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store/postgres"
)

// target is the store that is written.
type target struct {
	store *postgres.Store
	conn  *pgx.Conn
}

func openTarget(ctx context.Context, url string) (*target, error) {
	st, err := postgres.Open(ctx, postgres.Options{URL: url})
	if err != nil {
		return nil, fmt.Errorf("open the target: %w", err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the target: %w", err), st.Close())
	}
	return &target{store: st, conn: conn}, nil
}

func (t *target) close() error {
	return errors.Join(t.conn.Close(context.Background()), t.store.Close())
}

// begin makes the table of the progress, and fails for a target that holds something else
// than the beginning of this very transfer. Its lock lasts as long as the connection, so that
// two transfers cannot run at once.
func (t *target) begin(ctx context.Context, path, state string) error {
	for _, sql := range []string{
		`SELECT pg_advisory_lock(hashtext('rapport transfer'))`,
		`CREATE TABLE IF NOT EXISTS transfer (name text PRIMARY KEY, done bigint NOT NULL, complete boolean NOT NULL, detail text NOT NULL)`,
	} {
		if _, err := t.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("prepare the target: %w", err)
		}
	}
	var before string
	err := t.conn.QueryRow(ctx, `SELECT detail FROM transfer WHERE name = ''`).Scan(&before)
	now := path + "\n" + state
	switch {
	case err == nil && before == now:
		return nil
	case err == nil:
		from, _, _ := strings.Cut(before, "\n")
		if from == path {
			return fmt.Errorf("%s was used after its transfer began, so that what was copied is out of date: drop the target database, create it again, and start over", path)
		}
		return fmt.Errorf("the target holds a transfer from %s: drop and create the database again to take another one", from)
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("read how far the transfer is: %w", err)
	}
	var taken bool
	if err := t.conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM partition_offset) OR EXISTS (SELECT 1 FROM profile) OR EXISTS (SELECT 1 FROM applied)
		OR EXISTS (SELECT 1 FROM suppression)`).Scan(&taken); err != nil {
		return fmt.Errorf("look into the target: %w", err)
	}
	if taken {
		return errors.New("the target is in use already: a store is moved into an empty database")
	}
	if _, err := t.conn.Exec(ctx, `INSERT INTO transfer VALUES ('', 0, false, $1)`, now); err != nil {
		return fmt.Errorf("note that the transfer begins: %w", err)
	}
	return nil
}

// progress is the rowid of the last row copied, and whether all are.
func (t *target) progress(ctx context.Context, name string) (done int64, complete bool, err error) {
	err = t.conn.QueryRow(ctx, `SELECT done, complete FROM transfer WHERE name = $1`, name).Scan(&done, &complete)
	if errors.Is(err, pgx.ErrNoRows) {
		return -1 << 62, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read how far the transfer is: %w", err)
	}
	return done, complete, nil
}

// write copies rows and notes how far the copy has come, in one transaction.
func (t *target) write(ctx context.Context, tab table, rows [][]any, done int64, complete bool) error {
	if tab.name == "timeline" {
		if err := t.months(ctx, rows); err != nil {
			return err
		}
	}
	err := pgx.BeginFunc(ctx, t.conn, func(tx pgx.Tx) error {
		columns := strings.Join(tab.to, ", ")
		_, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TEMP TABLE transferring ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA`, columns, tab.name))
		if err != nil {
			return err
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"transferring"}, tab.to, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		statements := append([]string{fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM transferring`, tab.name, columns, columns)}, derived(tab.name)...)
		if tab.identity {
			statements[0] = fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM transferring ORDER BY ctid`, tab.name, columns, columns)
		}
		if tab.replace {
			statements = append([]string{`DELETE FROM ` + tab.name}, statements...)
		}
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO transfer VALUES ($1, $2, $3, '') ON CONFLICT (name) DO UPDATE SET done = $2, complete = $3`, tab.name, done, complete)
		return err
	})
	if err != nil {
		return fmt.Errorf("write %s into the target: %w", tab.name, err)
	}
	return nil
}

// months makes the partitions of the timeline that rows belong to.
func (t *target) months(ctx context.Context, rows [][]any) error {
	var times []time.Time
	for _, r := range rows {
		if at, ok := r[1].(int64); ok {
			times = append(times, time.Unix(0, at))
		}
	}
	if err := t.store.Prepare(ctx, times); err != nil {
		return fmt.Errorf("write timeline into the target: %w", err)
	}
	return nil
}

// sum reads a table from beginning to end.
func (t *target) sum(ctx context.Context, tab table) (*checksum, error) {
	read := tab.read
	if read == nil {
		read = tab.to
	}
	rows, err := t.conn.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s`, strings.Join(read, ", "), tab.name))
	if err != nil {
		return nil, fmt.Errorf("read %s of the target: %w", tab.name, err)
	}
	defer rows.Close()
	sum := newChecksum()
	for rows.Next() {
		values, err := rows.Values()
		if err == nil {
			err = sum.add(values)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s of the target: %w", tab.name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s of the target: %w", tab.name, err)
	}
	return sum, nil
}
