package pglocal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopping is a way to end a process.
type stopping int

const (
	fast stopping = iota
	suspend
	kill
)

// process is one life of the server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// initialize makes the cluster unless it is there. It is made beside and renamed, so that
// one half made is never taken for one.
func (s *Server) initialize(ctx context.Context) error {
	data, secret := filepath.Join(s.dir, "data"), filepath.Join(s.dir, "password")
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		text, err := os.ReadFile(secret)
		s.password = string(text)
		return err
	}
	if entries, err := os.ReadDir(s.dir); err != nil || len(entries) > 0 && !s.ours(entries) {
		return errors.Join(err, errors.New("the directory is neither empty nor a server's: choose another one"))
	}
	s.password = rand.Text()
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if err := s.account.give(s.dir); err != nil {
		return err
	}
	half := data + ".new"
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "--pgdata="+half, "--username="+Superuser,
		"--pwfile="+secret, "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")
	if said, err := s.run(cmd); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(said))
	}
	return os.Rename(half, data)
}

// ours reports whether a directory holds nothing but what an initdb that was cut short left.
func (s *Server) ours(entries []os.DirEntry) bool {
	for _, e := range entries {
		if e.Name() != "password" && e.Name() != "data.new" {
			return false
		}
	}
	return true
}

// run runs a command as the server's user. It locks its thread: the kernel ends the child
// with the thread that started it, and Go may end a thread before the process.
func (s *Server) run(cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.Dir, cmd.SysProcAttr, cmd.Env = s.dir, attributes(s.account), environment()
	return cmd.CombinedOutput()
}

// environment leaves out what would change how PostgreSQL behaves (PGDATA, PGPORT ...).
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			env = append(env, v)
		}
	}
	return append(env, "LC_ALL=C")
}

// launch starts the server's process. A goroutine with a thread of its own starts it and
// waits for its end, since the kernel ends the server with that thread.
func (s *Server) launch() (*process, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, "server.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	args := []string{"-D", filepath.Join(s.dir, "data")}
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(s.port), "unix_socket_directories": "",
		"logging_collector": "off", "max_connections": "200", "lc_messages": "C",
	}
	for name, value := range s.settings {
		settings[name] = value
	}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...) //nolint:noctx // It lives until it is stopped.
	p := &process{cmd: cmd, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.SysProcAttr, p.cmd.Env, p.cmd.Stderr = s.dir, attributes(s.account), environment(), log
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is of no interest: the log says why
			close(p.ended)
		}
	}()
	return p, errors.Join(<-started, log.Close())
}

// complaint is the end of what the server said.
func (s *Server) complaint() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "server.log"))
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(text[max(0, len(text)-2000):]))
}

// stop ends the process. To kill, it is suspended first: it must not see its children die,
// and fork new ones, while they are killed one by one.
func (p *process) stop(ctx context.Context, how stopping) error {
	if how == fast {
		if err := signal(p.cmd.Process, fast); err != nil {
			return err
		}
		select {
		case <-p.ended:
			return nil
		case <-ctx.Done():
		}
	}
	if err := signal(p.cmd.Process, suspend); err != nil {
		return err
	}
	pids := children(p.cmd.Process.Pid)
	err := signal(p.cmd.Process, kill)
	for _, pid := range pids {
		if child, lost := os.FindProcess(pid); lost == nil {
			if e := signal(child, kill); !errors.Is(e, syscall.ESRCH) {
				err = errors.Join(err, e)
			}
		}
	}
	<-p.ended
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for _, pid := range pids {
		for !gone(pid) {
			<-tick.C
		}
	}
	return err
}
