package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof" //nolint:depguard // Its handlers are put on a mux of our own; nobody serves the one that it registers them on.
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"rapport/pkg/telemetry"
)

// Server is the endpoint. It implements lifecycle.Service and lifecycle.Readier; it belongs
// at the end of the flow, so that it answers first and falls silent last.
type Server struct {
	o       Options
	checks  []*probe
	alive   []*probe
	handler http.Handler

	draining atomic.Bool
	ready    chan struct{}
	mu       sync.Mutex
	addr     string
	told     string // the status that was logged last
}

// New checks the options. Nothing listens before Run, but Handler serves at once.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, ready: make(chan struct{})}
	for _, c := range o.Checks {
		s.checks = append(s.checks, newProbe(c, o.within, o.fresh))
	}
	for _, c := range o.Alive {
		s.alive = append(s.alive, newProbe(c, o.stuck, o.fresh))
	}
	if err := s.measure(); err != nil {
		return nil, fmt.Errorf("ops: make the metrics: %w", err)
	}
	s.handler = s.routes()
	return s, nil
}

// Handler is the whole endpoint, for servers of the caller's.
func (s *Server) Handler() http.Handler { return s.handler }

// Ready is closed when Run listens; it says nothing about /readyz.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addr is the address Run listens on, with the port that was chosen; "" before Ready.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Drain says that the process is about to stop: /readyz answers 503 from now on. Call it
// before the first service is stopped.
func (s *Server) Drain() { s.draining.Store(true) }

// Run listens and answers until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.o.Addr)
	if err != nil {
		return fmt.Errorf("ops: listen on %s: %w; choose another address", s.o.Addr, err)
	}
	s.mu.Lock()
	s.addr = ln.Addr().String()
	s.mu.Unlock()
	srv := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		// A CPU profile takes as long as it is asked for.
		WriteTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	close(s.ready)
	select {
	case err := <-served:
		return fmt.Errorf("ops: serve on %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := srv.Shutdown(bounded); err != nil {
		// A scrape or a profile is nothing to wait for.
		err = srv.Close()
		if err != nil {
			<-served
			return fmt.Errorf("ops: close: %w", err)
		}
	}
	<-served
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.serveHealth)
	mux.HandleFunc("GET /readyz", s.serveReady)
	if s.o.Metrics != nil {
		mux.Handle("GET /metrics", s.o.Metrics)
	}
	if s.o.Profile {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// The states that /healthz and /readyz name.
const (
	stateAlive    = "alive"
	stateStuck    = "stuck"
	stateReady    = "ready"
	stateNotReady = "not ready"
	stateDraining = "draining"
)

// report is the body of /healthz and /readyz.
type report struct {
	Status  string   `json:"status"`
	Version string   `json:"version,omitempty"`
	Checks  []answer `json:"checks,omitempty"`
}

func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	checks, ok := all(r.Context(), s.alive)
	rep := report{Status: stateAlive, Version: s.o.Version, Checks: checks}
	if !ok {
		rep.Status = stateStuck
	}
	s.write(w, ok, rep)
}

func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	checks, ok := all(r.Context(), s.checks)
	rep := report{Status: stateReady, Version: s.o.Version, Checks: checks}
	switch {
	case s.draining.Load():
		rep.Status, ok = stateDraining, false
	case !ok:
		rep.Status = stateNotReady
	}
	s.tell(rep)
	s.write(w, ok, rep)
}

// tell logs a change, not every answer.
func (s *Server) tell(rep report) {
	s.mu.Lock()
	before := s.told
	s.told = rep.Status
	s.mu.Unlock()
	if before == rep.Status || before == "" && rep.Status == stateReady {
		return
	}
	attrs := []any{"status", rep.Status}
	for _, c := range rep.Checks {
		if !c.OK {
			attrs = append(attrs, c.Name, c.Reason)
		}
	}
	if rep.Status == stateNotReady {
		s.o.Logger.Warn("readiness changed", attrs...)
		return
	}
	s.o.Logger.Info("readiness changed", attrs...)
}

func (s *Server) write(w http.ResponseWriter, ok bool, rep report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := json.NewEncoder(w).Encode(rep); err != nil && !errors.Is(err, context.Canceled) {
		s.o.Logger.Debug("answer not written", "error", err)
	}
}

// measure makes the gauge of the checks, so that an alert can say which of them failed.
func (s *Server) measure() error {
	m := telemetry.Meter(s.o.Meters, "ops")
	_, err := m.Int64ObservableGauge("ops.check.ok",
		metric.WithDescription("1 while a check of readiness passes, 0 while it does not; draining counts as one."),
		metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			answers, _ := all(ctx, s.checks)
			answers = append(answers, answer{Name: "not draining", OK: !s.draining.Load()})
			for _, a := range answers {
				var v int64
				if a.OK {
					v = 1
				}
				o.Observe(v, metric.WithAttributes(attribute.String("check", a.Name)))
			}
			return nil
		}))
	if err != nil {
		return fmt.Errorf("gauge ops.check.ok: %w", err)
	}
	return nil
}
