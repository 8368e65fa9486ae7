package postgres_test

import (
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pgtest"
)

// TestOpenAtOnce opens one empty database many times at once: one migrates it, the others
// wait, and all find it ready.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Options{URL: url, Conns: 2})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := sql[int](t, url, `SELECT count(*)::int FROM rapport_schema WHERE version_id = 1`); n != 1 {
		t.Errorf("the first migration is noted %d times", n)
	}
}

// TestOpenFormer opens a database as the version before identities left it.
func TestOpenFormer(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	s, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	do(t, url, `DROP TABLE identity`)
	do(t, url, `DELETE FROM rapport_schema WHERE version_id > 3`)
	s, err = postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Acquire(t.Context(), 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), &store.Batch{Partition: 1, Epoch: 1, Identities: []store.IdentityRow{{ID: "ada", State: []byte("root")}}}); err != nil {
		t.Fatal(err)
	}
	ids, err := s.Identities(t.Context(), 1, []string{"ada", "bob"})
	if err != nil || string(ids[0]) != "root" || ids[1] != nil {
		t.Errorf("of ids it knows %q, %v", ids, err)
	}
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	good := pgtest.URL(t)
	open(t, good)
	do(t, good, `INSERT INTO rapport_schema (version_id, is_applied) VALUES (999, true)`)
	ascii := "ascii_" + strings.TrimPrefix(sql[string](t, good, `SELECT current_database()::text`), "test_")
	do(t, good, `CREATE DATABASE `+ascii+` ENCODING 'SQL_ASCII' TEMPLATE template0`)
	for what, c := range map[string]struct{ url, want string }{
		"no URL":                {"", "URL is empty"},
		"no URL at all":         {"://", "read the URL"},
		"a newer schema":        {good, "run the newer program"},
		"another encoding":      {with(t, good, func(u *url.URL) { u.Path = "/" + ascii }), "ENCODING 'UTF8'"},
		"no such database":      {with(t, good, func(u *url.URL) { u.Path = "/nowhere" }), "createdb"},
		"another password":      {with(t, good, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "secret-x") }), "check user and password"},
		"a server that is none": {with(t, good, func(u *url.URL) { u.Host = "127.0.0.1:1" }), "connect"},
	} {
		s, err := postgres.Open(t.Context(), postgres.Options{URL: c.url})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s was taken", what)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-x") {
			t.Errorf("%s: %v, want %q and no secret", what, err, c.want)
		}
	}
	do(t, good, `DROP DATABASE `+ascii)
}

func with(t testing.TB, text string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// TestPingReadOnly makes the database read-only, as a standby is: it answers, and yet Ping
// says that it is no good.
func TestPingReadOnly(t *testing.T) {
	t.Parallel()
	s, url := fresh(t)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := sql[string](t, url, `SELECT current_database()::text`)
	do(t, url, `ALTER DATABASE `+name+` SET default_transaction_read_only = on`)
	other := with(t, url, addParam("default_transaction_read_only", "on"))
	reader, err := postgres.Open(t.Context(), postgres.Options{URL: other, MigrateURL: with(t, url, addParam("default_transaction_read_only", "off"))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := reader.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "name the primary") {
		t.Errorf("ping of a database that only reads: %v", err)
	}
}

func addParam(name, value string) func(*url.URL) {
	return func(u *url.URL) {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
	}
}

// TestDurable opens a database whose commits do not wait for the disk: the store's do.
func TestDurable(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	loose := with(t, pgtest.URL(t), addParam("synchronous_commit", "off"))
	s, err := postgres.Open(t.Context(), postgres.Options{URL: loose, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if !strings.Contains(said.String(), "synchronous_commit is off") {
		t.Errorf("nobody was told: %s", said.String())
	}
	if !strings.Contains(said.String(), "schema migrated") {
		t.Errorf("nobody was told of the migration: %s", said.String())
	}
}
