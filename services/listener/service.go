package listener

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/callback"
	"rapport/pkg/httpserver"
	"rapport/pkg/intake"
	"rapport/pkg/telemetry"
)

// source names the service in events.
const source = "rapport/listener"

// Service is the HTTP service, see the package. It implements lifecycle.Service and lifecycle.Readier.
type Service struct {
	o       Options
	log     *slog.Logger
	tracer  trace.Tracer
	metrics *metrics
	amazon  *amazon
	told    told
	reading *intake.Budget
	slots   chan struct{}
	handler http.Handler
	web     *httpserver.Server
}

// desk takes the callbacks of one provider.
type desk struct {
	name   string
	reader *callback.Reader
	limit  int64 // bytes of a body
}

// New checks the options and makes the service. Nothing runs before Run, but Handler serves at once.
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
	m, err := newMetrics(telemetry.Meter(o.MeterProvider, "listener"))
	if err != nil {
		return nil, fmt.Errorf("listener: %w", err)
	}
	s := &Service{
		o: o, log: o.Logger, tracer: telemetry.Tracer(o.TracerProvider, "listener"), metrics: m,
		amazon: newAmazon(o.Amazon, o.Now), reading: intake.NewBudget(o.Reading), slots: make(chan struct{}, o.InFlight),
		told: told{log: o.Logger, now: o.Now, last: map[string]*spell{}},
	}
	mux := http.NewServeMux()
	for name, cfg := range o.Providers {
		d, err := s.open(name, cfg)
		if err != nil {
			return nil, fmt.Errorf("listener: %w", err)
		}
		path := "/callbacks/" + name
		mux.Handle(path, s.traced(path, s.receive(d)))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", s.serveReady)
	s.handler = mux
	s.web = httpserver.New(httpserver.Options{
		Name: "listener", Addr: o.Addr, Handler: s.handler, Logger: s.log, HeaderBytes: 32 << 10,
		ReadWithin: o.ReadWithin, WriteWithin: o.ReadWithin + o.AnswerWithin + 5*time.Second, IdleWithin: 2 * time.Minute,
		DrainWithin: o.DrainWithin, Work: s.finish,
	})
	return s, nil
}

// open reads a provider's configuration.
func (s *Service) open(name string, cfg callback.Config) (*desk, error) {
	p, ok := callback.ByName(name)
	if !ok {
		return nil, fmt.Errorf("there is no provider %q: the names are those of package callback", name)
	}
	if cfg.Certificates == nil {
		cfg.Certificates = s.amazon
	}
	reader, err := p.Open(cfg)
	if err != nil {
		return nil, err
	}
	return &desk{name: name, reader: reader, limit: bodyLimit(name)}, nil
}

// Handler is all routes, for servers and tests of the caller's.
func (s *Service) Handler() http.Handler { return s.handler }

// Ready is closed when Run listens.
func (s *Service) Ready() <-chan struct{} { return s.web.Ready() }

// Addr is the address Run listens on, with the port that was chosen; "" before Ready.
func (s *Service) Addr() string { return s.web.Addr() }

// Run listens and serves until ctx ends; then it takes no new connections, answers the open requests within
// Options.DrainWithin and returns nil. Requests that do not end in time are cut off: their senders have no answer and
// repeat them.
func (s *Service) Run(ctx context.Context) error { return s.web.Run(ctx) }

// finish hangs up on Amazon when nobody asks for a certificate any more.
func (s *Service) finish(_ context.Context, ended <-chan struct{}) {
	<-ended
	s.amazon.close()
}

// traced gives each callback a span. The peer's address is taken away first: it would become an attribute.
func (s *Service) traced(path string, next http.Handler) http.Handler {
	h := otelhttp.NewHandler(next, path,
		otelhttp.WithTracerProvider(s.o.TracerProvider),
		otelhttp.WithMeterProvider(s.o.MeterProvider),
		otelhttp.WithPropagators(telemetry.Propagator()),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }), // What providers say of traces is linked to and not continued.
		otelhttp.WithSpanNameFormatter(func(string, *http.Request) string { return "callback " + path }))
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

// readyWithin bounds the question to the broker.
const readyWithin = 2 * time.Second

func (s *Service) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if asked, ok := s.o.Publisher.(interface{ Ready(context.Context) error }); ok {
		if err := asked.Ready(ctx); err != nil {
			http.Error(w, "the broker cannot be reached", http.StatusServiceUnavailable)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}
