package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"rapport/pkg/telemetry"
	"rapport/pkg/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environment clears the variables that decide, and sets those given.
func environment(t *testing.T, set map[string]string) {
	t.Helper()
	for _, name := range []string{
		"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
	} {
		t.Setenv(name, set[name])
	}
}

func setup(t *testing.T) *telemetry.Providers {
	t.Helper()
	p, err := telemetry.Setup(t.Context(), telemetry.Options{Service: "rapport-test", Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNothingIsRecordedUnlessAskedFor(t *testing.T) {
	for name, set := range map[string]map[string]string{
		"nothing set":    {},
		"none":           {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
		"SDK disabled":   {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
		"only a service": {"OTEL_SERVICE_NAME": "shop"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, set)
			p := setup(t)
			_, span := telemetry.Tracer(p.Traces, "test").Start(t.Context(), "work")
			if span.IsRecording() || span.SpanContext().IsValid() {
				t.Error("a span is recorded, and there is nobody to read it")
			}
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEndpointAloneExports(t *testing.T) {
	got := make(chan string, 2)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()
	environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=here"})
	p := setup(t)
	_, span := telemetry.Tracer(p.Traces, "mailer").Start(t.Context(), "the work")
	span.End()
	counter, err := telemetry.Meter(p.Metrics, "mailer").Int64Counter("the.count")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 1)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Errorf("a second shutdown: %v", err)
	}
	both := <-got + <-got
	for _, want := range []string{"/v1/traces", "/v1/metrics", "the work", "the.count", "rapport/mailer", "rapport-test", "1.2.3", "deployment.environment"} {
		if !strings.Contains(both, want) {
			t.Errorf("the export lacks %q", want)
		}
	}
}

func TestScrapeBesideTheVariables(t *testing.T) {
	got := make(chan string, 2)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- string(body)
	}))
	defer collector.Close()
	for name, set := range map[string]map[string]string{
		"nothing set": {},
		"no exporter": {"OTEL_METRICS_EXPORTER": "none"},
		"an endpoint": {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": collector.URL},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, set)
			p, err := telemetry.Setup(t.Context(), telemetry.Options{Service: "rapport-test", Version: "1.2.3", Scrape: true})
			if err != nil {
				t.Fatal(err)
			}
			counter, err := telemetry.Meter(p.Metrics, "mailer").Int64Counter("the.count")
			if err != nil {
				t.Fatal(err)
			}
			counter.Add(t.Context(), 3, metric.WithAttributes(attribute.String("kind", "good")))
			text := scrape(t, p.Scrape)
			for _, want := range []string{
				`the_count_total{kind="good"} 3`, `service_version="1.2.3"`, "go_goroutine_count", "go_memory_used_bytes",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("the scrape lacks %s:\n%s", want, text)
				}
			}
			if runtime.GOOS == "linux" && !(strings.Contains(text, "process_resident_memory_bytes") && strings.Contains(text, "process_cpu_seconds_total")) {
				t.Error("the scrape lacks the memory and the processor time of the process")
			}
			if _, span := telemetry.Tracer(p.Traces, "test").Start(t.Context(), "work"); span.IsRecording() {
				t.Error("asking for metrics has started traces")
			}
			if err := p.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if set["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] != "" && !strings.Contains(<-got, "the.count") {
				t.Error("the export lacks what the scrape has")
			}
		})
	}
}

func TestNothingToScrape(t *testing.T) {
	for name, c := range map[string]struct {
		set map[string]string
		ask bool
	}{
		"not asked for": {map[string]string{"OTEL_TRACES_EXPORTER": "none"}, false},
		"SDK disabled":  {map[string]string{"OTEL_SDK_DISABLED": "true"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, c.set)
			p, err := telemetry.Setup(t.Context(), telemetry.Options{Service: "rapport-test", Scrape: c.ask})
			if err != nil {
				t.Fatal(err)
			}
			if p.Scrape != nil {
				t.Error("there is a handler")
			}
		})
	}
}

// Whoever writes Host headers would otherwise decide how many series there are, and what
// they are called.
func TestHostHeadersAreNoLabels(t *testing.T) {
	environment(t, nil)
	p, err := telemetry.Setup(t.Context(), telemetry.Options{Service: "rapport-test", Scrape: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	requests, err := p.Metrics.Meter("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp").Int64Counter("http.requests")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"a", "b"} {
		requests.Add(t.Context(), 1, metric.WithAttributes(attribute.String("server.address", host), attribute.String("http.request.method", "GET")))
	}
	if text := scrape(t, p.Scrape); !strings.Contains(text, `http_requests_total{http_request_method="GET"} 2`) {
		t.Errorf("the requests are not one series:\n%s", text)
	}
}

func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("the scrape is answered %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestUnusableVariablesAreNamed(t *testing.T) {
	for name, set := range map[string]map[string]string{
		"OTEL_TRACES_EXPORTER":  {"OTEL_TRACES_EXPORTER": "carrier-pigeon"},
		"OTEL_METRICS_EXPORTER": {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "carrier-pigeon"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, set)
			_, err := telemetry.Setup(t.Context(), telemetry.Options{Service: "rapport-test"})
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("the error is %v, want one that names %s", err, name)
			}
		})
	}
}

func TestPropagatorIsW3C(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ctx := telemetry.Propagator().Extract(t.Context(), propagation.MapCarrier{"traceparent": parent, "baggage": "email=a"})
	// The no-op tracer hands the context on, so that a shop's trace is not torn by a process
	// that exports nothing itself.
	ctx, span := telemetry.Tracer(nil, "test").Start(ctx, "work")
	span.End()
	out := propagation.MapCarrier{}
	telemetry.Propagator().Inject(ctx, out)
	if len(out) != 1 || out["traceparent"] != parent {
		t.Errorf("injected %v, want only traceparent %s", out, parent)
	}
}

func TestLogHandlerPutsIDsOnTop(t *testing.T) {
	t.Parallel()
	r := telemetrytest.NewRecorder(t)
	ctx, span := telemetry.Tracer(r.TracerProvider(), "test").Start(t.Context(), "work")
	defer span.End()
	for name, with := range map[string]func(*slog.Logger) *slog.Logger{
		"plain":       func(l *slog.Logger) *slog.Logger { return l },
		"attributes":  func(l *slog.Logger) *slog.Logger { return l.With("a", 1) },
		"group":       func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").With("b", 2) },
		"both, twice": func(l *slog.Logger) *slog.Logger { return l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h") },
	} {
		var plain, traced bytes.Buffer
		with(slog.New(slog.NewJSONHandler(&plain, nil))).InfoContext(ctx, "hello", "c", 3)
		with(slog.New(telemetry.LogHandler(slog.NewJSONHandler(&traced, nil)))).InfoContext(ctx, "hello", "c", 3)
		want, got := fields(t, plain.Bytes()), fields(t, traced.Bytes())
		if got["trace_id"] != span.SpanContext().TraceID().String() || got["span_id"] != span.SpanContext().SpanID().String() {
			t.Errorf("%s: no ids on top of %s", name, &traced)
		}
		for _, added := range []string{"trace_id", "span_id"} {
			delete(got, added)
		}
		if g, w := text(t, got), text(t, want); g != w {
			t.Errorf("%s: the rest is %s, want %s", name, g, w)
		}
	}
}

func TestLogHandlerWithoutSpan(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log := slog.New(telemetry.LogHandler(slog.NewJSONHandler(&buf, nil)))
	log.InfoContext(t.Context(), "hello")
	log.Debug("not at this level")
	if line := buf.String(); strings.Contains(line, "trace_id") || strings.Count(line, "\n") != 1 {
		t.Errorf("wrote %s", line)
	}
}

func fields(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "time")
	return m
}

func text(t *testing.T, m map[string]any) string {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// BenchmarkSpanNotExported is what a span costs in a process that exports nothing.
func BenchmarkSpanNotExported(b *testing.B) {
	tracer := telemetry.Tracer(tracenoop.NewTracerProvider(), "bench")
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, span := tracer.Start(ctx, "work", trace.WithSpanKind(trace.SpanKindInternal))
		if span.IsRecording() {
			span.SetAttributes(attribute.Int("n", 1))
		}
		span.End()
	}
}
