package orchestrator_test

import (
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// meters keeps what is measured, to be looked at.
type meters struct {
	*sdk.MeterProvider
	reader *sdk.ManualReader
}

func newMeters() *meters {
	reader := sdk.NewManualReader()
	return &meters{MeterProvider: sdk.NewMeterProvider(sdk.WithReader(reader)), reader: reader}
}

// last sums what an instrument says at this moment, over all attributes; 0 when it has
// said nothing.
func (m *meters) last(t *testing.T, name string) float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, scope := range all.ScopeMetrics {
		for _, metric := range scope.Metrics {
			if metric.Name != name {
				continue
			}
			switch data := metric.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					sum += float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					sum += p.Value
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					sum += float64(p.Value)
				}
			}
		}
	}
	return sum
}
