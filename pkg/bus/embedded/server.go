package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// readyWithin bounds the start. A server takes about ten milliseconds, and
// about one second per million messages it has to look through after a kill.
const readyWithin = 30 * time.Second

// maxMemory is what memory streams may use; ours are all files, and only the
// ephemeral consumers of readers keep their few bytes of state in memory.
const maxMemory = 64 << 20

// Options says where and how to run the server.
type Options struct {
	// StoreDir keeps the streams. It is created when absent and locked while
	// the server runs. Required: a store that nobody chose is a store that
	// nobody backs up.
	StoreDir string

	// Host is the address of the TCP listener, 127.0.0.1 when empty. It is
	// not used without a port.
	Host string

	// Port is the TCP port; 0 opens none, -1 lets the system choose one.
	Port int

	// SyncInterval 0 syncs every write (and every atomic batch once) before
	// it is acknowledged. A longer interval is faster for single messages
	// and loses up to that much at a power cut; a killed process loses
	// nothing either way.
	SyncInterval time.Duration

	// MaxStore bounds all streams together, in bytes; 0 lets the server take
	// three quarters of the free disk.
	MaxStore int64

	// Logger receives what the server has to say; nil is silence.
	Logger *slog.Logger
}

// Server is a running NATS server. It is safe for concurrent use.
type Server struct {
	ns   *server.Server
	lock *dirLock
	tcp  bool
}

// Start locks the directory, starts the server and returns when it takes
// connections. Nothing is left running or locked when it returns an error.
func Start(o Options) (*Server, error) {
	if o.StoreDir == "" {
		return nil, errors.New("start embedded NATS: no store directory given; set Options.StoreDir")
	}
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	lock, err := prepareDir(o.StoreDir)
	if err != nil {
		return nil, fmt.Errorf("start embedded NATS: %w", err)
	}
	ns, err := run(o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start embedded NATS in %s: %w", o.StoreDir, err), lock.release())
	}
	return &Server{ns: ns, lock: lock, tcp: o.Port != 0}, nil
}

func run(o Options) (*server.Server, error) {
	if o.Port > 0 {
		if err := portFree(o.Host, o.Port); err != nil {
			return nil, err
		}
	}
	opts := &server.Options{
		ServerName:             "rapport-embedded",
		Host:                   o.Host,
		Port:                   o.Port,
		DontListen:             o.Port == 0,
		NoSigs:                 true,
		NoLog:                  true,
		DisableJetStreamBanner: true,
		JetStream:              true,
		JetStreamMaxMemory:     maxMemory,
		JetStreamMaxStore:      o.MaxStore,
		StoreDir:               o.StoreDir,
		SyncInterval:           o.SyncInterval,
		SyncAlways:             o.SyncInterval == 0,
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("options refused: %w", err)
	}
	// The server calls Fatalf where its own program would exit; here the
	// message becomes the error of Start.
	log := &serverLog{log: o.Logger}
	ns.SetLoggerV2(log, false, false, false)
	ns.Start()
	if cause := log.fatal(); cause != nil {
		stop(ns)
		return nil, explain(cause, o)
	}
	if !ns.ReadyForConnections(readyWithin) {
		cause := log.fatal()
		stop(ns)
		if cause == nil {
			cause = fmt.Errorf("not ready after %s; look at its log", readyWithin)
		}
		return nil, explain(cause, o)
	}
	return ns, nil
}

func stop(ns *server.Server) {
	ns.Shutdown()
	ns.WaitForShutdown()
}

// portFree tries the port before the server does, because the server's own
// answer to a taken port is to log and to go on without a listener.
func portFree(host string, port int) error {
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return portError(addr, err)
	}
	return l.Close()
}

// Connect opens a connection through a pipe in this process. The server stays
// the caller's to shut down; closing the connection does not stop it.
func (s *Server) Connect(opts ...nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect("", append(opts, nats.InProcessServer(s.ns))...)
	if err != nil {
		return nil, fmt.Errorf("connect to embedded NATS: %w", err)
	}
	return nc, nil
}

// ClientURL is what other processes connect to, or "" without a TCP listener.
func (s *Server) ClientURL() string {
	if !s.tcp {
		return ""
	}
	return s.ns.ClientURL()
}

// MaxStore is what all streams together may use, in bytes: Options.MaxStore or
// what the server took of the free disk. A layout that reserves more is refused.
func (s *Server) MaxStore() int64 {
	cfg := s.ns.JetStreamConfig()
	if cfg == nil {
		return 0
	}
	return cfg.MaxStore
}

// Healthy reports why the server cannot keep its promises, for example because a
// stream froze after a failed write; nil when all is well.
func (s *Server) Healthy() error {
	// The server gives itself a millisecond to look whether it is ready, which on a busy machine may
	// be over before it has looked. What is really wrong is so a second time.
	const looks = 3
	var why string
	for range looks {
		h := s.ns.Healthz(nil)
		if h.StatusCode == 0 || h.StatusCode == 200 {
			return nil
		}
		why = h.Error
	}
	return fmt.Errorf("embedded NATS is unhealthy: %s", why)
}

// Shutdown closes all connections and files and unlocks the directory. It may
// be called more than once. When ctx ends first, the server goes on stopping
// and the directory stays locked until it has; the error says so.
func (s *Server) Shutdown(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		stop(s.ns)
		done <- s.lock.release()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("embedded NATS is still closing its files: %w", ctx.Err())
	}
}

// prepareDir creates and locks the directory and proves that it can be written and
// synced, so that a full or read-only disk is found before a message is.
func prepareDir(dir string) (*dirLock, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, dirError(dir, err)
	}
	lock, err := lockDir(filepath.Join(dir, lockName))
	if err != nil {
		return nil, dirError(dir, err)
	}
	if err := probe(dir); err != nil {
		return nil, errors.Join(dirError(dir, err), lock.release())
	}
	return lock, nil
}

func probe(dir string) (err error) {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := f.Write(make([]byte, 64<<10)); err != nil {
		return err
	}
	return f.Sync()
}
