package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/pkg/store"
	"rapport/pkg/store/postgres"
	"rapport/pkg/store/postgres/pgtest"
)

// pooler starts pgbouncer in transaction mode before a database and returns the URL of the
// same database through it. Few sessions of the server serve many connections, so that
// whatever a session would have to remember gets lost.
func pooler(t *testing.T, direct string) string {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("there is no pgbouncer: install the package of that name")
	}
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	dir := t.TempDir()
	port := freePort(t)
	users := filepath.Join(dir, "users")
	write(t, users, fmt.Sprintf("%q %q\n", u.User.Username(), password))
	ini := filepath.Join(dir, "pgbouncer.ini")
	write(t, ini, fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = plain
auth_file = %s
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
`, u.Hostname(), u.Port(), port, users))
	cmd := exec.Command(path, ini)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 { // it refuses root
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
		for _, d := range []string{dir, filepath.Dir(dir)} {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		_, _ = io.Copy(io.Discard, log)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-said
		_ = cmd.Wait() // it was killed
	})
	u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	ready(t, u.String())
	return u.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// ready returns when a URL can be connected to.
func ready(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			_ = conn.Close(ctx)
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

// TestPooler runs all that the engine does through pgbouncer in transaction mode: two
// stores with more connections than the pooler has sessions, opened at once on an empty
// database.
func TestPooler(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	through := pooler(t, direct)
	var stores [2]*postgres.Store
	var all sync.WaitGroup
	for i := range stores {
		all.Go(func() {
			var err error
			if stores[i], err = postgres.Open(t.Context(), postgres.Options{URL: through, Conns: 6}); err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for p := range 8 {
		all.Go(func() {
			if err := pooledRun(t.Context(), stores[p%2], p); err != nil {
				t.Errorf("partition %d: %v", p, err)
			}
		})
	}
	all.Wait()
	for p := range 8 {
		at := acquire(t, stores[0], p, 2)
		if at.Seq != 25 {
			t.Errorf("partition %d is at %d", p, at.Seq)
		}
		checkRun(t, stores[1], p, at)
		if err := stores[p%2].Commit(t.Context(), step(p, 1, at)); !errors.Is(err, store.ErrFenced) {
			t.Errorf("commit of a former owner: %v, want ErrFenced", err)
		}
	}
	if _, err := stores[0].Counts(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := stores[0].Retain(t.Context(), day); err != nil {
		t.Error(err)
	}
	for _, s := range stores {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// pooledRun does with one partition what an orchestrator and a mailer do.
func pooledRun(ctx context.Context, s *postgres.Store, partition int) error {
	at, err := s.Acquire(ctx, partition, 1)
	for range 25 {
		b := step(partition, 1, at)
		_, loading := s.Load(ctx, partition, []store.Want{{Profile: "profile-1", Events: []string{"event-1", "event-99"}}})
		_, waking := s.Due(ctx, partition, day.Add(time.Hour), 10)
		_, _, next := s.NextDue(ctx, partition)
		id := fmt.Sprintf("m-%d-%d", partition, b.To.Seq)
		_, claiming := s.Claim(ctx, []store.Claim{{Partition: partition, MessageID: id, Worker: "w", At: day}})
		recording := s.Record(ctx, []store.Result{{Partition: partition, MessageID: id, Worker: "w", Receipt: []byte("{}")}})
		if err = errors.Join(err, loading, waking, next, claiming, recording, s.Commit(ctx, b)); err != nil {
			return err
		}
		at = b.To
	}
	return nil
}
