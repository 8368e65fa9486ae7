package pglocal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"rapport/pkg/store/postgres/pglocal"
)

const parentEnv = "RAPPORT_PGLOCAL_DIR" // makes the test process one that starts a server and waits

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		s, err := pglocal.Start(context.Background(), pglocal.Options{Dir: dir})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("pid", s.PID())
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until it is killed
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, dir string) *pglocal.Server {
	t.Helper()
	if err := pglocal.Available(); err != nil {
		t.Skip(err)
	}
	s, err := pglocal.Start(t.Context(), pglocal.Options{Dir: dir, Settings: map[string]string{"shared_buffers": "16MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask runs statements on a connection of their own and returns the last one's text.
func ask(t *testing.T, url string, statements ...string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var answer string
	for _, sql := range statements {
		rows, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if err := rows.Scan(&answer); err != nil {
				t.Fatal(err)
			}
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
	}
	return answer
}

// TestLives stops, kills and restarts one server: what was committed is there each time,
// under the same address, and no process of it is left in between.
func TestLives(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "down")
	s := start(t, dir)
	url, err := s.Database(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Database(t.Context(), "shop"); err != nil || again != url || again != s.URL("shop") {
		t.Errorf("the database again: %s %v, want %s", again, err, url)
	}
	if on := ask(t, url, `SHOW fsync`); on != "on" {
		t.Errorf("fsync is %s", on)
	}
	if size := ask(t, url, `SHOW shared_buffers`); size != "16MB" {
		t.Errorf("the setting is %s", size)
	}
	ask(t, url, `CREATE TABLE t (n int)`)
	addr := s.Addr()
	for i, down := range []func() error{s.Kill, func() error { return s.Stop(t.Context()) }, s.Kill} {
		ask(t, url, `INSERT INTO t VALUES (1)`)
		old := s.PID()
		if err := down(); err != nil {
			t.Fatal(err)
		}
		if s.PID() != 0 {
			t.Error("it has a process while it is down")
		}
		if left := processes(t, s, old); len(left) > 0 {
			t.Errorf("processes left: %v", left)
		}
		if _, err := pgx.Connect(t.Context(), url); err == nil {
			t.Error("it takes connections while it is down")
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.Addr() != addr || s.PID() == old || s.PID() == 0 {
			t.Errorf("restarted at %s as %d, was at %s as %d", s.Addr(), s.PID(), addr, old)
		}
		if n := ask(t, url, `SELECT count(*)::text FROM t`); n != strconv.Itoa(i+1) {
			t.Errorf("%s rows, want %d", n, i+1)
		}
	}
	if err := s.Drop(t.Context(), "shop"); err != nil {
		t.Error(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	ask(t, start(t, dir).URL("postgres"), `SELECT 'it is the same cluster, with its password'`)
}

// processes returns which processes name the server's directory or are children of its pid.
func processes(t *testing.T, s *pglocal.Server, pid int) []string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return nil
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	port := s.Addr()[strings.LastIndexByte(s.Addr(), ':')+1:]
	var left []string
	for _, path := range stats {
		cmd, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err == nil && strings.Contains(string(cmd), "port="+port) {
			left = append(left, string(cmd))
		}
	}
	if _, err := os.Stat("/proc/" + strconv.Itoa(pid)); err == nil {
		left = append(left, strconv.Itoa(pid))
	}
	return left
}

// TestOrphan kills a process that has started a server: the server ends too.
func TestOrphan(t *testing.T) {
	t.Parallel()
	if err := pglocal.Available(); err != nil {
		t.Skip(err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a server with its parent")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), parentEnv+"="+t.TempDir())
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var pid int
	if _, failed := fmt.Sscanf(line, "pid %d", &pid); failed != nil {
		t.Fatal(line, failed, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("the server outlived its parent: %s", stat)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	if _, err := pglocal.Start(t.Context(), pglocal.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "postmaster.pid") {
		t.Errorf("a second server in one directory: %v", err)
	}
	ask(t, s.URL("postgres"), `SELECT 'the first one goes on'`)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, o := range map[string]pglocal.Options{
		"no directory":         {},
		"somebody's directory": {Dir: foreign},
		"a taken port":         {Dir: t.TempDir(), Port: portOf(t, s)},
		"a setting of no name": {Dir: t.TempDir(), Settings: map[string]string{"no_such_thing": "1"}},
	} {
		if other, err := pglocal.Start(t.Context(), o); err == nil {
			t.Errorf("%s was taken", what)
			_ = other.Kill()
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := pglocal.Start(ended, pglocal.Options{Dir: t.TempDir()}); err == nil {
		t.Error("it started though it was canceled")
	}
}

func portOf(t *testing.T, s *pglocal.Server) int {
	t.Helper()
	port, err := strconv.Atoi(s.Addr()[strings.LastIndexByte(s.Addr(), ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return port
}
