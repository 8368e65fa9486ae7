package embedded_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o embedded.Options) *embedded.Server {
	t.Helper()
	if o.StoreDir == "" {
		o.StoreDir = t.TempDir()
	}
	srv, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, srv) })
	return srv
}

func stop(t *testing.T, srv *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func store(t *testing.T, srv *embedded.Server) jetstream.Stream {
	t.Helper()
	nc, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("x")); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoredMessagesAreThereAfterARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	began := time.Now()
	srv := start(t, embedded.Options{StoreDir: dir})
	t.Logf("ready in %v", time.Since(began))
	// It takes about 10 ms; the limit leaves room for a busy machine.
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("ready after %v", took)
	}
	if srv.ClientURL() != "" || srv.MaxStore() <= 0 {
		t.Errorf("url %q, store %d", srv.ClientURL(), srv.MaxStore())
	}
	if err := srv.Healthy(); err != nil {
		t.Error(err)
	}
	store(t, srv)
	stop(t, srv)
	stop(t, srv) // twice is harmless

	info, err := store(t, start(t, embedded.Options{StoreDir: dir})).Info(t.Context())
	if err != nil || info.State.LastSeq != 2 {
		t.Fatalf("%+v, %v; want a second message behind the first", info, err)
	}
}

func TestListensWhereAsked(t *testing.T) {
	t.Parallel()
	srv := start(t, embedded.Options{Port: -1})
	nc, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
}

func TestErrorsNameTheRemedy(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	port := taken.Addr().(*net.TCPAddr).Port
	inUse := t.TempDir()
	start(t, embedded.Options{StoreDir: inUse})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly := t.TempDir()
	if err := os.Chmod(readOnly, 0o500); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    embedded.Options
		want string
		root bool // root may write everywhere
	}{
		"no directory":   {embedded.Options{}, "set Options.StoreDir", false},
		"port in use":    {embedded.Options{StoreDir: t.TempDir(), Port: port}, strconv.Itoa(port) + " is taken by another process", false},
		"unknown host":   {embedded.Options{StoreDir: t.TempDir(), Host: "192.0.2.1", Port: 4222}, "check the host and port", false},
		"locked":         {embedded.Options{StoreDir: inUse}, "stop the other process or choose another data directory", false},
		"not a dir":      {embedded.Options{StoreDir: file}, "is not a directory", false},
		"below a file":   {embedded.Options{StoreDir: filepath.Join(file, "x")}, "is not a directory", false},
		"not writable":   {embedded.Options{StoreDir: readOnly}, "give this user write permission", true},
		"cannot be made": {embedded.Options{StoreDir: filepath.Join(readOnly, "x")}, "give this user write permission", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.root && os.Geteuid() == 0 {
				t.Skip("root may write everywhere")
			}
			srv, err := embedded.Start(c.o)
			if err == nil {
				stop(t, srv)
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v; want %q", err, c.want)
			}
		})
	}
	if _, err := embedded.Start(embedded.Options{StoreDir: inUse}); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("%v is not ErrLocked", err)
	}
}

// A refused start must not leave the directory locked.
func TestRefusedStartCanBeRepeated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := taken.Addr().(*net.TCPAddr).Port
	if _, err := embedded.Start(embedded.Options{StoreDir: dir, Port: port}); err == nil {
		t.Fatal("started on a taken port")
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, embedded.Options{StoreDir: dir, Port: port})
}

// JetStream's own refusal, which the server only logs, becomes the error.
func TestServersFatalErrorIsReturned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	srv, err := embedded.Start(embedded.Options{StoreDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		stop(t, srv)
		t.Fatal("started over a file in the place of its directory")
	}
	if !strings.Contains(err.Error(), "JetStream") || time.Since(began) > 5*time.Second {
		t.Fatalf("%v after %v", err, time.Since(began))
	}
}
