package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Options says who reports.
type Options struct {
	// Service is the service.name of the resource, such as "rapport-mailer".
	// OTEL_SERVICE_NAME overrides it.
	Service string
	// Version is the service.version of the resource.
	Version string
	// Scrape asks for Providers.Scrape: metrics are then recorded also when no OTEL_*
	// variable asks for them.
	Scrape bool
	// Logger is told when an export fails; nil is silence. It becomes the
	// process's error handler of OpenTelemetry, which knows only one.
	Logger *slog.Logger
}

// Providers are what services are given. Traces and Metrics are never nil.
type Providers struct {
	Traces  trace.TracerProvider
	Metrics metric.MeterProvider
	// Scrape answers Prometheus. It is nil unless Options.Scrape asked for it, and with
	// OTEL_SDK_DISABLED.
	Scrape http.Handler
	stop   []func(context.Context) error
}

// Setup reads the OTEL_* variables and starts what they ask for. An error names
// the variable that cannot be used; nothing is left running then. Call Shutdown
// at the end, or the last seconds of spans are lost.
func Setup(ctx context.Context, o Options) (*Providers, error) {
	p := &Providers{Traces: tracenoop.NewTracerProvider(), Metrics: metricnoop.NewMeterProvider()}
	traces, metrics, scrape := wanted("TRACES"), wanted("METRICS"), o.Scrape && !disabled()
	if !traces && !metrics && !scrape {
		return p, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { logger(o).Warn("telemetry", "error", err) }))
	res, err := describe(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("set up telemetry: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if traces {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("set up traces (OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_*): %w", err)
		}
		tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(res))
		p.Traces, p.stop = tp, append(p.stop, tp.Shutdown)
	}
	if metrics || scrape {
		if err := p.measure(ctx, o, res, metrics, scrape); err != nil {
			return nil, errors.Join(err, p.Shutdown(ctx))
		}
	}
	return p, nil
}

// Shutdown sends what is waiting and stops. The context bounds it; a second call
// does nothing.
func (p *Providers) Shutdown(ctx context.Context) error {
	var errs []error
	for _, stop := range p.stop {
		errs = append(errs, stop(ctx))
	}
	p.stop = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("shut telemetry down: %w", err)
	}
	return nil
}

// wanted reports whether the environment asks for a signal, TRACES or METRICS:
// by naming an exporter or an OTLP endpoint. autoexport's own fallback is not
// enough, because it ignores endpoints that are set without an exporter.
func wanted(signal string) bool {
	if disabled() {
		return false
	}
	if exporter := os.Getenv("OTEL_" + signal + "_EXPORTER"); exporter != "" {
		return exporter != "none"
	}
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
}

func disabled() bool { return strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") }

// describe builds the resource; what the environment says wins over Options.
func describe(ctx context.Context, o Options) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(semconv.ServiceName(o.Service), semconv.ServiceVersion(o.Version)),
		resource.WithFromEnv(),
	)
}

func logger(o Options) *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

// Tracer is the tracer of one service: "rapport/" and the service's name. A nil
// provider traces nothing, so that Options.TracerProvider may be left out.
func Tracer(tp trace.TracerProvider, service string) trace.Tracer {
	if tp == nil {
		tp = tracenoop.NewTracerProvider()
	}
	return tp.Tracer("rapport/" + service)
}

// Meter is the meter of one service, named as its tracer is. A nil provider
// measures nothing.
func Meter(mp metric.MeterProvider, service string) metric.Meter {
	if mp == nil {
		mp = metricnoop.NewMeterProvider()
	}
	return mp.Meter("rapport/" + service)
}

// Propagator reads and writes W3C trace context in headers. For NATS headers use
// propagation.MapCarrier: the keys are lower case there and stay so.
func Propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }
