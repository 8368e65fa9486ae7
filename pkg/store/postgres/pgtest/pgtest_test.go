package pgtest_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"rapport/pkg/store/postgres/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

// TestURL asks twice: two databases of one server, and none of them left for the next.
func TestURL(t *testing.T) {
	t.Parallel()
	var former string
	t.Run("a test", func(t *testing.T) {
		one, two := parse(t, pgtest.URL(t)), parse(t, pgtest.URL(t))
		if one.Host != two.Host || one.Path == two.Path {
			t.Errorf("%s and %s, want two databases of one server", one, two)
		}
		former = one.String()
		conn, err := pgx.Connect(t.Context(), former)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	})
	if former == "" {
		t.Skip("there is no PostgreSQL")
	}
	if conn, err := pgx.Connect(t.Context(), former); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a database outlived its test")
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	s := pgtest.Server(t, map[string]string{"work_mem": "1234kB"})
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var fsync, mem string
	if err := conn.QueryRow(t.Context(), `SELECT current_setting('fsync'), current_setting('work_mem')`).Scan(&fsync, &mem); err != nil {
		t.Fatal(err)
	}
	if fsync != "on" || mem != "1234kB" {
		t.Errorf("fsync %s, work_mem %s", fsync, mem)
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
