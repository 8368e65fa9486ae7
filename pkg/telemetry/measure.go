package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// measure starts what records metrics: one provider, read by what OTEL_* names, by
// Prometheus, or by both. Go's own metrics (go.memory.used, go.goroutine.count and so on,
// https://opentelemetry.io/docs/specs/semconv/runtime/go-metrics/) are among them.
func (p *Providers) measure(ctx context.Context, o Options, res *resource.Resource, export, scrape bool) error {
	opts := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithView(nameless)}
	if export {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return fmt.Errorf("set up metrics (OTEL_METRICS_EXPORTER, OTEL_EXPORTER_OTLP_*): %w", err)
		}
		opts = append(opts, sdkmetric.WithReader(reader))
	}
	if scrape {
		reader, handler, err := scraped(logger(o))
		if err != nil {
			return fmt.Errorf("set up metrics for Prometheus: %w", err)
		}
		opts, p.Scrape = append(opts, sdkmetric.WithReader(reader)), handler
	}
	mp := sdkmetric.NewMeterProvider(opts...)
	p.Metrics, p.stop = mp, append(p.stop, mp.Shutdown)
	if err := runtime.Start(runtime.WithMeterProvider(mp)); err != nil {
		return fmt.Errorf("set up the metrics of the Go runtime: %w", err)
	}
	return nil
}

// nameless takes from HTTP metrics what the sender wrote in the Host header: it is free
// text from strangers, and each text would be a time series of its own.
func nameless(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	const otelhttp = "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	if i.Scope.Name != otelhttp {
		return sdkmetric.Stream{}, false
	}
	return sdkmetric.Stream{
		Name: i.Name, Description: i.Description, Unit: i.Unit,
		AttributeFilter: attribute.NewDenyKeysFilter("server.address", "server.port"),
	}, true
}

// scraped makes a reader and the handler that answers with what it reads, in a registry of
// their own. Names have Prometheus's form: ingest.accepted is ingest_accepted_total, and
// delivery.latency, whose unit is s, is delivery_latency_seconds. CPU seconds, memory and open files
// of the process (process_*) are added where the operating system tells them.
func scraped(log *slog.Logger) (sdkmetric.Reader, http.Handler, error) {
	registry := prom.NewRegistry()
	if err := registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})); err != nil {
		return nil, nil, fmt.Errorf("register the metrics of the process: %w", err)
	}
	reader, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithoutScopeInfo(),
		prometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, nil, fmt.Errorf("make the exporter: %w", err)
	}
	return reader, promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		// What can be told is told, and the log says what could not.
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: atOnce, Timeout: scrapeWithin,
	}), nil
}

const (
	// atOnce is how many scrapes are answered at a time; more than one for a pair of
	// Prometheus servers and a person.
	atOnce = 4
	// scrapeWithin is Prometheus's own default for a scrape.
	scrapeWithin = 10 * time.Second
)
