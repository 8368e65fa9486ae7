package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/httpserver"
	"rapport/pkg/intake"
	"rapport/pkg/telemetry"
)

// Service is the HTTP door, see the package. It implements lifecycle.Service and
// lifecycle.Readier.
type Service struct {
	o        Options
	log      *slog.Logger
	tracer   trace.Tracer
	metrics  *metrics
	queue    *queue
	reading  *intake.Budget
	rates    rates
	handler  http.Handler
	document func() *document
	web      *httpserver.Server
}

// New checks the options and makes the service. Nothing runs before Run, but Handler
// serves at once.
func New(o Options) (*Service, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if o.TracerProvider == nil { // otelhttp would take the global one
		o.TracerProvider = tracenoop.NewTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	m, err := newMetrics(telemetry.Meter(o.MeterProvider, "ingest"))
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	s := &Service{
		o: o, log: o.Logger, tracer: telemetry.Tracer(o.TracerProvider, "ingest"), metrics: m,
		queue: newQueue(o), reading: intake.NewBudget(o.Limits.Reading),
	}
	s.queue.publish = s.publish
	s.rates = rates{perSecond: o.Limits.PerSource, now: o.Now, keys: map[string]*bucket{}}
	s.handler = s.routes()
	s.web = httpserver.New(httpserver.Options{
		Name: "ingest", Addr: o.Addr, Handler: s.handler, Logger: s.log, HeaderBytes: 32 << 10,
		ReadWithin: o.ReadWithin, WriteWithin: o.ReadWithin + o.AnswerWithin + 5*time.Second, IdleWithin: 2 * time.Minute,
		DrainWithin: o.DrainWithin, Work: s.finish,
	})
	return s, nil
}

// Handler is the whole API, for servers and tests of the caller's.
func (s *Service) Handler() http.Handler { return s.handler }

// Ready is closed when Run listens.
func (s *Service) Ready() <-chan struct{} { return s.web.Ready() }

// Addr is the address Run listens on, with the port that was chosen; "" before Ready.
func (s *Service) Addr() string { return s.web.Addr() }

// Run listens and serves until ctx ends; then it takes no new connections, answers
// the open requests within Options.DrainWithin and returns nil. Requests that do not end
// in time are cut off: their senders have no answer and repeat them.
func (s *Service) Run(ctx context.Context) error { return s.web.Run(ctx) }

// finish waits for what the last requests have given to the broker.
func (s *Service) finish(_ context.Context, ended <-chan struct{}) {
	<-ended
	s.queue.idle.Wait() // bounded by AnswerWithin for each publish, and no more come
}

// publish stores messages and tells the log of failures, once for all requests.
func (s *Service) publish(ctx context.Context, msgs []*nats.Msg) error {
	began := time.Now()
	err := s.o.Publisher.PublishBatch(ctx, msgs)
	s.metrics.published(ctx, len(msgs), time.Since(began), err)
	if err != nil {
		s.log.Warn("events not stored; their senders are told to repeat them", "messages", len(msgs), "error", err)
	}
	return err
}

// traced continues the sender's trace. The peer's address is taken away first: it would
// become an attribute of the span, and of a shop's browser it is personal data.
func (s *Service) traced(name string, next http.Handler) http.Handler {
	h := otelhttp.NewHandler(next, name,
		otelhttp.WithTracerProvider(s.o.TracerProvider),
		otelhttp.WithMeterProvider(s.o.MeterProvider),
		otelhttp.WithPropagators(telemetry.Propagator()),
		otelhttp.WithSpanNameFormatter(func(string, *http.Request) string { return name }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(r.Context())
		r.RemoteAddr = ""
		if r.Header.Get("X-Forwarded-For") != "" {
			r.Header = r.Header.Clone()
			r.Header.Del("X-Forwarded-For")
		}
		h.ServeHTTP(w, r)
	})
}
