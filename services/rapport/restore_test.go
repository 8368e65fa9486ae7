package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rapport/pkg/bus"
	"rapport/pkg/store/postgres/pglocal"
	"rapport/pkg/store/postgres/pgtest"
)

// As deploy/README.md says it: a base backup and the archived log, a database that is lost,
// a recovery to a point in time before the last mails went out, and a start. Nothing that
// was sent after that point is sent again, although the broker's memory of ids is over.
func TestNothingIsSentAgainAfterAPointInTimeRecovery(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	server := pgtest.Server(t, pglocal.Archiving())
	url, err := server.Database(ctx, "shop")
	if err != nil {
		t.Fatal(err)
	}
	s := shareStore(t, program(t), url)
	const services = "ingest,orchestrator,recommender,mailer,texter,caller"
	r := s.start(t, program(t), services)
	orders(t, 0, 10, r)
	s.once(t, 10)
	if err := server.Backup(ctx); err != nil {
		t.Fatal(err)
	}
	orders(t, 10, 10, r)
	s.once(t, 20)
	execute := func(sql string) {
		t.Helper()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx) //nolint:errcheck // The statement has been answered.
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	execute(`SELECT pg_create_restore_point('before')`)
	orders(t, 20, 15, r)
	s.once(t, 35)
	execute(`SELECT pg_switch_wal()`)

	if err := server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := server.Restore(ctx, "before"); err != nil {
		t.Fatal(err)
	}
	// Whoever was connected ends by itself: a supervisor starts it again.
	select {
	case <-r.gone:
	case <-time.After(patience):
		t.Fatal("the process goes on with a database that was set back")
	}
	if !strings.Contains(r.errs.String(), "the database was restored") {
		t.Errorf("it ends without a word of why:\n%s", r.errs)
	}
	forget(t, s.nats)
	r = s.start(t, program(t), services)
	orders(t, 35, 5, r)
	s.once(t, 40)
}

// forget makes the broker forget the ids of what is to be sent, as it does after a while.
func forget(t *testing.T, url string) {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), bus.StreamSend)
	if err != nil {
		t.Fatal(err)
	}
	config := stream.CachedInfo().Config
	config.Duplicates = 100 * time.Millisecond
	if _, err := js.UpdateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	<-time.After(3 * config.Duplicates) // The broker's clock cannot be set.
}
