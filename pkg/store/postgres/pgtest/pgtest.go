package pgtest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/pkg/store/postgres/pglocal"
)

// patience bounds how long a server may take to start or stop on a busy machine.
const patience = 2 * time.Minute

// shared is the server of the test process: it stands for a process beside the test process,
// which is there once however many tests run.
var shared = sync.OnceValue(func() *common { return &common{} })

// common is a server that lives as long as somebody uses it.
type common struct {
	mu     sync.Mutex
	users  int
	server *pglocal.Server
	dir    string
}

// URL returns how to connect to a database of the test's own, which is dropped in the end.
// Its server trades durability for speed (fsync off): a test that kills a server takes one
// of its own from Server.
func URL(t testing.TB) string {
	t.Helper()
	need(t)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	server, err := shared().hold(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { release(t) })
	name := "test_" + strings.ToLower(rand.Text()[:12])
	url, err := server.Database(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Drop(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return url
}

// Server starts a server for one test, as durable as PostgreSQL is unless settings say
// otherwise. The test may stop, kill and restart it; its end stops it.
func Server(t testing.TB, settings map[string]string) *pglocal.Server {
	t.Helper()
	need(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := pglocal.Start(ctx, pglocal.Options{Dir: t.TempDir(), Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil { // nobody reads its data again
			t.Error(err)
		}
	})
	return s
}

// Main wraps a package's tests, so that the server lives as long as they do and not only
// as long as somebody uses it: goleak.VerifyTestMain(pgtest.Main(m)).
func Main(m *testing.M) interface{ Run() int } { return whole{m} }

type whole struct{ m *testing.M }

func (w whole) Run() int {
	c := shared()
	c.mu.Lock()
	c.users++
	c.mu.Unlock()
	code := w.m.Run()
	if err := c.let(); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return max(code, 1)
	}
	return code
}

func need(t testing.TB) {
	t.Helper()
	if err := pglocal.Available(); err != nil {
		t.Skip(err)
	}
}

// hold returns the server, and starts it when there is none.
func (c *common) hold(ctx context.Context) (*pglocal.Server, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		dir, err := os.MkdirTemp("", "rapport-pgtest-")
		if err != nil {
			return nil, err
		}
		s, err := pglocal.Start(ctx, pglocal.Options{Dir: dir, Settings: map[string]string{
			"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB",
			"max_wal_size": "2GB", "autovacuum_naptime": "10s",
		}})
		if err != nil {
			_ = os.RemoveAll(dir)
			return nil, err
		}
		c.server, c.dir = s, dir
	}
	c.users++
	return c.server, nil
}

func release(t testing.TB) {
	t.Helper()
	if err := shared().let(); err != nil {
		t.Error(err)
	}
}

// let gives up one use of the server; the last one ends it.
func (c *common) let() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users--
	if c.users > 0 || c.server == nil {
		return nil
	}
	server, dir := c.server, c.dir
	c.server, c.dir = nil, ""
	if err := server.Kill(); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
