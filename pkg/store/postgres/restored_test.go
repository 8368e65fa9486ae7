package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pglocal"
	"rapport/pkg/store/postgres/pgtest"
)

// A store that is restored to a point in time says so until it has been recovered, and a
// process that was connected before is told to start again. A plain restart is neither.
func TestRestored(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	server := pgtest.Server(t, pglocal.Archiving())
	url, err := server.Database(ctx, "shop")
	if err != nil {
		t.Fatal(err)
	}
	open := func() *postgres.Store {
		t.Helper()
		st, err := postgres.Open(ctx, postgres.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	restored := func(st *postgres.Store, want bool) {
		t.Helper()
		if got, err := st.Restored(ctx); err != nil || got != want {
			t.Errorf("restored: %v, %v; want %v", got, err, want)
		}
	}
	st := open()
	restored(st, false)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	st = open()
	restored(st, false)
	if err := server.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	commit := func(partition int) {
		t.Helper()
		if _, err := st.Acquire(ctx, partition, 1); err != nil {
			t.Fatal(err)
		}
	}
	commit(1)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_create_restore_point('here')`); err != nil {
		t.Fatal(err)
	}
	commit(2)
	if _, err := conn.Exec(ctx, `SELECT pg_switch_wal()`); err != nil {
		t.Fatal(err)
	}
	watched := make(chan error, 1)
	go func() { watched <- st.Watch(ctx) }()
	if err := server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := server.Restore(ctx, "here"); err != nil {
		t.Fatal(err)
	}
	if err := <-watched; !errors.Is(err, postgres.ErrSetBack) {
		t.Errorf("who was connected hears %v", err)
	}
	if _, err := st.Claim(ctx, []store.Claim{{MessageID: "m", Worker: "w", At: time.Now()}}); !errors.Is(err, postgres.ErrSetBack) {
		t.Errorf("who was connected may go on: %v", err)
	}
	again := open()
	positions, err := again.Positions(ctx)
	if _, lost := positions[2]; err != nil || len(positions) != 1 || lost {
		t.Errorf("positions %v, %v; want that of 1 alone", positions, err)
	}
	restored(again, true)
	restored(again, true)
	if err := again.Recovered(ctx); err != nil {
		t.Fatal(err)
	}
	restored(again, false)
}
