package pglocal_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store/postgres/pglocal"
)

// A recovery to a point in time has what was there at that point, and not what came after.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	if err := pglocal.Available(); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s, err := pglocal.Start(ctx, pglocal.Options{Dir: t.TempDir(), Settings: pglocal.Archiving()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	do := func(sql string) (n int) {
		t.Helper()
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx) //nolint:errcheck // The statement has been answered.
		if err := conn.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return n
	}
	run(ctx, t, s, `CREATE TABLE n (n int)`)
	run(ctx, t, s, `INSERT INTO n VALUES (1)`)
	if err := s.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	run(ctx, t, s, `INSERT INTO n VALUES (2)`)
	run(ctx, t, s, `SELECT pg_create_restore_point('here')`)
	run(ctx, t, s, `INSERT INTO n VALUES (3)`)
	run(ctx, t, s, `SELECT pg_switch_wal()`)
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(ctx, "here"); err != nil {
		t.Fatal(err)
	}
	if got := do(`SELECT count(*) FROM n`); got != 2 {
		t.Errorf("%d rows after the restore, want 2", got)
	}
	run(ctx, t, s, `INSERT INTO n VALUES (4)`)
}

func run(ctx context.Context, t *testing.T, s *pglocal.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // The statement has been answered.
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
