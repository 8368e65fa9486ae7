package postmaster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/intake"
	"rapport/pkg/telemetry"
)

// source names the service in events.
const source = "rapport/postmaster"

// Bounds of the protocol. A server has to take 100 recipients (RFC 5321, section 4.5.3.1.8). Lines may have 1,000 octets,
// but programs put whole pages into one, and a line that is refused is a bounce that is lost.
const (
	maxRecipients = 100
	maxLine       = 128 << 10
)

// Service is the mail server, see the package. It implements lifecycle.Service and lifecycle.Readier.
type Service struct {
	o       Options
	tracer  trace.Tracer
	metrics *metrics
	told    told
	budget  *intake.Budget
	slots   chan struct{}
	work    *work
	often   *often

	ready chan struct{}
	mu    sync.Mutex
	addr  string
}

// New checks the options and makes the service. Nothing runs before Run.
func New(o Options) (*Service, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if o.TracerProvider == nil {
		o.TracerProvider = tracenoop.NewTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	m, err := newMetrics(telemetry.Meter(o.MeterProvider, "postmaster"))
	if err != nil {
		return nil, fmt.Errorf("postmaster: %w", err)
	}
	return &Service{
		o: o, tracer: telemetry.Tracer(o.TracerProvider, "postmaster"), metrics: m, budget: intake.NewBudget(o.Receiving),
		told: told{log: o.Logger, now: o.Now, last: map[outcome]*spell{}}, slots: make(chan struct{}, o.MaxInFlight),
		work: newWork(), often: &often{most: o.PerMessage, now: o.Now}, ready: make(chan struct{}),
	}, nil
}

// Ready is closed when Run listens.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Addr is the address or the path Run listens on, with the port that was chosen; "" before Ready.
func (s *Service) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Run listens and takes mail until ctx ends; then it takes no new connections and mails, answers those that are being
// received within Options.DrainWithin, and returns nil. It runs once.
func (s *Service) Run(ctx context.Context) error {
	ln, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.addr = ln.Addr().String()
	s.mu.Unlock()
	// What was received when the end came is still published.
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	p := &porch{
		Listener: ln, most: s.o.Connections, perHost: s.o.PerHost, within: s.o.SessionWithin,
		open: map[*guest]struct{}{}, hosts: map[netip.Prefix]int{},
		turned: func(what outcome) { s.turned(working, what) },
	}
	srv := s.server(working)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(p) }()
	close(s.ready)
	select {
	case err := <-served:
		p.clear()
		return fmt.Errorf("postmaster: serve on %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	_ = ln.Close() // Serve says so.
	<-served
	return s.drain(ctx, cancel, srv, p)
}

// drain waits for the mails in hand and ends all connections. A mail that is not done in time is cut off: its sender has
// no answer and comes again.
func (s *Service) drain(ctx context.Context, cancel context.CancelFunc, srv *smtp.Server, p *porch) error {
	bounded, stop := context.WithTimeout(context.WithoutCancel(ctx), s.o.DrainWithin)
	defer stop()
	select {
	case <-s.work.stop():
	case <-bounded.Done():
		s.o.Logger.WarnContext(ctx, "mails were cut off at the end", "component", "postmaster")
	}
	cancel()
	p.clear()
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), s.o.DrainWithin)
	defer stop()
	// The listener is closed already, which is what Shutdown complains about.
	if err := srv.Shutdown(ending); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("postmaster: connections did not end within %s: %w", s.o.DrainWithin, err)
	}
	return nil
}

func (s *Service) turned(ctx context.Context, what outcome) {
	count(ctx, s.metrics.connections, what)
	if what == crowded {
		s.told.warn(ctx, what, nil)
	}
}

// server is the one of the library, with a session of ours for each connection.
func (s *Service) server(ctx context.Context) *smtp.Server {
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{service: s, ctx: ctx, conn: c.Conn()}, nil
	}))
	srv.LMTP = s.o.LMTP
	srv.Domain = s.o.Hostname
	srv.TLSConfig = s.o.TLSConfig
	srv.MaxMessageBytes = s.o.MaxSize
	srv.MaxRecipients = maxRecipients
	srv.MaxLineLength = maxLine
	srv.EnableSMTPUTF8 = true
	srv.EnableBINARYMIME = true
	srv.ReadTimeout = s.o.CommandWithin
	srv.WriteTimeout = 30 * time.Second
	// Its lines name peers.
	srv.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	return srv
}

// socketMode lets the owner and the group of a socket use it: the mail server in front has to be in that group.
const socketMode = 0o660

// listen opens the address or the path.
func (s *Service) listen(ctx context.Context) (net.Listener, error) {
	if s.o.Network == "unix" {
		removeStale(ctx, s.o.Addr)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, s.o.Network, s.o.Addr)
	if err != nil {
		return nil, fmt.Errorf("postmaster: listen on %s: %w; choose another address, or let this process use it", s.o.Addr, err)
	}
	if s.o.Network == "unix" {
		if err := os.Chmod(s.o.Addr, socketMode); err != nil {
			return nil, errors.Join(fmt.Errorf("postmaster: let others use %s: %w", s.o.Addr, err), ln.Close())
		}
	}
	return ln, nil
}

// removeStale takes away a socket on which nobody listens.
func removeStale(ctx context.Context, path string) {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSocket == 0 {
		return
	}
	if c, err := new(net.Dialer).DialContext(ctx, "unix", path); err == nil {
		_ = c.Close() // Somebody does: to listen will fail, and say so.
		return
	}
	_ = os.Remove(path) // If it stays, to listen fails and says so.
}
