package pglocal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Superuser is the role that URLs name; it may do everything.
const Superuser = "rapport"

// Options say where a server keeps its data and how it is set up.
type Options struct {
	// Dir is where everything lies: data, password and log. An empty or missing directory
	// becomes a new cluster; one that a server has left is started again.
	Dir string
	// Port to listen on; 0 takes a free one, which Restart keeps.
	Port int
	// Settings are PostgreSQL's own ("fsync": "off"), on top of the package's.
	Settings map[string]string
}

// Server is a PostgreSQL server of this process.
type Server struct {
	bin, dir string
	account  *identity
	settings map[string]string
	password string
	port     int

	mu      sync.Mutex
	running *process // nil when it is down
}

// Start runs a server and returns when it takes connections. ctx bounds the start alone.
func Start(ctx context.Context, o Options) (*Server, error) {
	s := &Server{port: o.Port, settings: o.Settings}
	err := s.prepare(ctx, o.Dir)
	if err == nil {
		err = s.Restart(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("pglocal: start PostgreSQL in %s: %w", o.Dir, err)
	}
	return s, nil
}

func (s *Server) prepare(ctx context.Context, dir string) (err error) {
	if dir == "" {
		return errors.New("no directory: Options.Dir is empty")
	}
	if s.bin, err = binaries(); err != nil {
		return err
	}
	if s.account, err = account(); err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if s.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if err := s.account.give(s.dir); err != nil {
		return err
	}
	return s.initialize(ctx)
}

// Restart stops the server if it runs and starts it again, in the same directory and on
// the same port. It returns when the server has recovered and takes connections.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	free := s.port == 0
	for try := 1; ; try++ {
		if free {
			port, err := freePort(ctx)
			if err != nil {
				return err
			}
			s.port = port
		}
		p, err := s.launch()
		if err == nil {
			if err = s.await(ctx, p); err == nil {
				s.running = p
				return nil
			}
			err = errors.Join(err, p.stop(context.WithoutCancel(ctx), kill))
		}
		// Somebody may have taken the port since it was found free.
		if !free || try == 5 || ctx.Err() != nil || !strings.Contains(err.Error(), "could not bind") {
			return err
		}
	}
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// await returns when the server takes connections, or with what it said when it ended.
func (s *Server) await(ctx context.Context, p *process) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code != "57P03" { // 57P03: it is starting up
			return err
		}
		select {
		case <-p.ended:
			return fmt.Errorf("the server ended: %s", s.complaint())
		case <-ctx.Done():
			return fmt.Errorf("the server does not take connections (%w): %s", ctx.Err(), s.complaint())
		case <-tick.C:
		}
	}
}

// Stop shuts the server down fast: it ends transactions and writes a checkpoint. When ctx
// ends first, the server is killed. A server that is down already is fine.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	p := s.running
	s.running = nil
	if err := p.stop(ctx, fast); err != nil {
		return fmt.Errorf("pglocal: stop PostgreSQL in %s: %w", s.dir, err)
	}
	return nil
}

// Kill ends all processes of the server with SIGKILL and returns when they are gone.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	p := s.running
	s.running = nil
	if err := p.stop(context.Background(), kill); err != nil {
		return fmt.Errorf("pglocal: kill PostgreSQL in %s: %w", s.dir, err)
	}
	return nil
}

// PID returns the process id of the server's parent process; 0 when it is down.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return 0
	}
	return s.running.cmd.Process.Pid
}

// Addr returns host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns how to connect to a database, which must exist: Database makes one.
func (s *Server) URL(database string) string { return s.url(database) }

func (s *Server) url(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(Superuser, s.password), Host: s.Addr(), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Database creates a database unless it is there, and returns its URL.
func (s *Server) Database(ctx context.Context, name string) (string, error) {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err == nil {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
		var known *pgconn.PgError
		if errors.As(err, &known) && (known.Code == "42P04" || known.Code == "23505") { // also when two create it at once
			err = nil
		}
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		return "", fmt.Errorf("pglocal: create database %s: %w", name, err)
	}
	return s.url(name), nil
}

// Drop removes a database, whoever is connected to it.
func (s *Server) Drop(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err == nil {
		_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
		err = errors.Join(err, conn.Close(ctx))
	}
	if err != nil {
		return fmt.Errorf("pglocal: drop database %s: %w", name, err)
	}
	return nil
}
