package telemetrytest

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Count is what a counter has counted so far, over the points that have the attribute.
func Count(t testing.TB, from sdkmetric.Reader, counter string, where attribute.KeyValue) int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := from.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			data, ok := m.Data.(metricdata.Sum[int64])
			if m.Name != counter || !ok {
				continue
			}
			for _, point := range data.DataPoints {
				if have, ok := point.Attributes.Value(where.Key); ok && have == where.Value {
					sum += point.Value
				}
			}
		}
	}
	return sum
}
