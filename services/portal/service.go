package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/telemetry"
	"rapport/pkg/visitor"
)

// Service serves what links lead to, see the package. It implements lifecycle.Service and
// lifecycle.Readier.
type Service struct {
	o       Options
	log     *slog.Logger
	tracer  trace.Tracer
	metrics *metrics
	hosted  visitor.Ranges
	rates   rates
	hold    *hold
	outbox  *outbox
	pages   *pages
	handler http.Handler

	ready chan struct{}
	mu    sync.Mutex
	addr  string
}

// New checks the options and makes the service. It serves once Run is called.
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
	m, err := newMetrics(telemetry.Meter(o.MeterProvider, "portal"))
	if err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	p, err := newPages()
	if err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	s := &Service{
		o: o, log: o.Logger, tracer: telemetry.Tracer(o.TracerProvider, "portal"), metrics: m, pages: p,
		hosted: visitor.NewRanges(o.DataCentres), rates: rates{perMinute: float64(o.FormsPerMinute)},
		hold: newHold(o.Held), outbox: newOutbox(o, m), ready: make(chan struct{}),
	}
	s.hold.judged, s.hold.again = s.clicked, m.repeated
	s.handler = s.routes()
	return s, nil
}

// Ready is closed when Run listens.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Addr is the address Run listens on, with the port that was chosen; "" before Ready.
func (s *Service) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Run listens and serves until ctx ends; then it answers the open requests, judges the clicks it holds, and
// publishes what waits, all within Options.DrainWithin. It is called once.
func (s *Service) Run(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.o.Addr)
	if err != nil {
		return fmt.Errorf("portal: listen on %s: %w; choose another address", s.o.Addr, err)
	}
	s.mu.Lock()
	s.addr = ln.Addr().String()
	s.mu.Unlock()
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      15*time.Second + s.o.AnswerWithin,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var working sync.WaitGroup
	hurry := make(chan struct{})
	working.Go(func() {
		s.hold.run(background, s.o.Now, hurry)
		s.outbox.close()
	})
	working.Go(func() { s.outbox.run(background) })
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	close(s.ready)
	select {
	case err = <-served:
		err = fmt.Errorf("portal: serve on %s: %w", s.Addr(), err)
		served <- err
	case <-ctx.Done():
	}
	return errors.Join(err, s.drain(ctx, srv, served, func() {
		close(hurry)
		s.hold.close()
	}, &working, stop))
}

// drain ends the server, then what works behind it. give up stops waiting for the broker.
func (s *Service) drain(ctx context.Context, srv *http.Server, served <-chan error, hurry func(), working *sync.WaitGroup, giveUp func()) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.DrainWithin)
	defer cancel()
	stopped := context.AfterFunc(bounded, giveUp)
	defer stopped()
	err := srv.Shutdown(bounded)
	if err != nil {
		err = errors.Join(fmt.Errorf("portal: open requests did not end within %s: %w", s.o.DrainWithin, err), srv.Close())
	}
	<-served
	hurry()
	working.Wait()
	return err
}
