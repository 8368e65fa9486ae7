package portal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/httpserver"
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
	web     *httpserver.Server
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
		hold: newHold(o.Held), outbox: newOutbox(o, m),
	}
	s.hold.judged, s.hold.again = s.clicked, m.repeated
	s.web = httpserver.New(httpserver.Options{
		Name: "portal", Addr: o.Addr, Handler: s.routes(), Logger: s.log, HeaderBytes: 16 << 10,
		ReadWithin: 15 * time.Second, WriteWithin: 15*time.Second + o.AnswerWithin, IdleWithin: time.Minute,
		DrainWithin: o.DrainWithin, Work: s.work,
	})
	return s, nil
}

// Ready is closed when Run listens.
func (s *Service) Ready() <-chan struct{} { return s.web.Ready() }

// Addr is the address Run listens on, with the port that was chosen; "" before Ready.
func (s *Service) Addr() string { return s.web.Addr() }

// Run listens and serves until ctx ends; then it answers the open requests, judges the clicks it holds, and
// publishes what waits, all within Options.DrainWithin. It is called once.
func (s *Service) Run(ctx context.Context) error { return s.web.Run(ctx) }

// work judges and publishes behind the handler, until the requests have ended and nothing is left, or until ctx ends,
// which stops waiting for the broker.
func (s *Service) work(ctx context.Context, ended <-chan struct{}) {
	var working sync.WaitGroup
	working.Go(func() {
		s.hold.run(ctx, s.o.Now, ended)
		s.outbox.close()
	})
	working.Go(func() { s.outbox.run(ctx) })
	<-ended
	s.hold.close()
	working.Wait()
}
