package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/message"
	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pgtest"
)

var day = time.Date(2026, 3, 4, 10, 0, 0, 123456789, time.UTC)

// open opens a store on a database, and closes it with the test.
func open(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s := openURL(t, url)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// fresh opens a store on a database of the test's own.
func fresh(t testing.TB) (*postgres.Store, string) {
	t.Helper()
	url := pgtest.URL(t)
	return open(t, url), url
}

func acquire(t testing.TB, s *postgres.Store, partition int, epoch uint64) store.Position {
	t.Helper()
	at, err := s.Acquire(t.Context(), partition, epoch)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func commit(t testing.TB, s *postgres.Store, b *store.Batch) store.Position {
	t.Helper()
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return b.To
}

// sql asks the database itself: one row of one value.
func sql[T any](t testing.TB, url, text string, args ...any) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var v T
	if err := conn.QueryRow(t.Context(), text, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// do runs statements on a connection of their own.
func do(t testing.TB, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, text := range statements {
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// step is the batch of one event of a run: whoever knows the position knows what has to be
// there.
func step(partition int, epoch uint64, from store.Position) *store.Batch {
	n := from.Seq + 1
	when := day.Add(time.Duration(n) * time.Second)
	profile := fmt.Sprintf("profile-%d", n%5)
	return &store.Batch{
		Partition: partition, Epoch: epoch, From: from, To: store.Position{Seq: n, Clock: when},
		Profiles: []store.ProfileRow{{ID: profile, State: fmt.Appendf(nil, "state %d", n), Wake: when.Add(time.Hour)}},
		Timeline: []store.TimelineRow{{Profile: profile, At: when, ID: fmt.Sprint("event-", n), Kind: store.KindEvent, Name: "ran"}},
		Messages: []store.MessageRow{{
			ID: fmt.Sprint("message-", n), Profile: profile, Journey: "j", Channel: message.Email, Template: "t", DecidedAt: when,
		}},
		Outbox: []store.Outgoing{{Subject: "send.email", ID: fmt.Sprint("message-", n), Data: []byte("command")}},
	}
}

// checkRun checks that a partition is what the steps up to its position left.
func checkRun(t *testing.T, s *postgres.Store, partition int, at store.Position) {
	t.Helper()
	outbox, err := s.Outbox(t.Context(), partition, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(outbox) != int(at.Seq) {
		t.Errorf("partition %d is at %d and has %d outbox batches", partition, at.Seq, len(outbox))
	}
	n := uint64(0)
	for row, err := range s.Events(t.Context(), partition, time.Time{}, time.Time{}) {
		if n++; err != nil || row.ID != fmt.Sprint("event-", n) {
			t.Fatalf("partition %d: event %d is %q (%v)", partition, n, row.ID, err)
		}
	}
	if n != at.Seq {
		t.Errorf("partition %d is at %d and has %d events", partition, at.Seq, n)
	}
	for i := n; i > 0 && i > n-min(n, 5); i-- {
		p, err := s.Profile(t.Context(), partition, fmt.Sprintf("profile-%d", i%5))
		if want := fmt.Sprint("state ", i); err != nil || string(p.State) != want {
			t.Errorf("partition %d: state %q (%v), want %q", partition, p.State, err, want)
		}
	}
}
