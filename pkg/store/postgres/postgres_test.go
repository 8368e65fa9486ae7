package postgres_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pgtest"
	"rapport/pkg/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

// serverEnv tells the process that the suite starts, and kills, which server is its parent's.
const serverEnv = "RAPPORT_POSTGRES_TEST_SERVER"

// TestConformance runs the suite on a server of its own that syncs, with a database for
// each directory.
func TestConformance(t *testing.T) {
	server := os.Getenv(serverEnv)
	if server == "" {
		server = pgtest.Server(t, map[string]string{"shared_buffers": "64MB", "max_connections": "400"}).URL("postgres")
		t.Setenv(serverEnv, server)
	}
	storetest.Run(t, storetest.Options{Open: func(t *testing.T, dir string) store.Store {
		t.Helper()
		return openURL(t, databaseOf(t, server, dir))
	}})
}

// databaseOf returns the URL of the database that stands for a directory.
func databaseOf(t *testing.T, server, dir string) string {
	t.Helper()
	name := fmt.Sprintf("d%x", sha256.Sum256([]byte(dir)))[:20]
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), "CREATE DATABASE "+name)
	if known, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || known.Code != "42P04") {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func openURL(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
