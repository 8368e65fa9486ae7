package telemetrytest_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"rapport/pkg/telemetry/telemetrytest"
)

func TestCountSumsWhatHasTheAttribute(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	calls, err := meter.Int64Counter("calls")
	if err != nil {
		t.Fatal(err)
	}
	other, err := meter.Int64Counter("others")
	if err != nil {
		t.Fatal(err)
	}
	add := func(c metric.Int64Counter, n int64, attrs ...attribute.KeyValue) {
		c.Add(t.Context(), n, metric.WithAttributes(attrs...))
	}
	taken := attribute.String("outcome", "taken")
	add(calls, 1, taken, attribute.String("from", "here"))
	add(calls, 2, taken, attribute.String("from", "there"))
	add(calls, 4, attribute.String("outcome", "refused"))
	add(calls, 8)
	add(other, 16, taken)
	if got := telemetrytest.Count(t, reader, "calls", taken); got != 3 {
		t.Errorf("counted %d, want 3", got)
	}
	if got := telemetrytest.Count(t, reader, "nothing", taken); got != 0 {
		t.Errorf("counted %d of nothing", got)
	}
}
