package orchestrator_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
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
// said nothing. Of a histogram it is the sum of what was measured.
func (m *meters) last(t *testing.T, name string) float64 {
	t.Helper()
	sum := 0.0
	for _, v := range m.by(t, name, "") {
		sum += v
	}
	return sum
}

// by is the same for each value of a label, without those of which there is nothing.
func (m *meters) by(t *testing.T, name, label string) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	add := func(about attribute.Set, v float64) {
		value, _ := about.Value(attribute.Key(label))
		if v != 0 {
			out[value.String()] += v
		}
	}
	for _, scope := range all.ScopeMetrics {
		for _, metric := range scope.Metrics {
			if metric.Name == name {
				each(metric.Data, add)
			}
		}
	}
	return out
}

// each goes through the points of an instrument.
func each(data metricdata.Aggregation, add func(attribute.Set, float64)) {
	switch data := data.(type) {
	case metricdata.Gauge[int64]:
		points(data.DataPoints, add)
	case metricdata.Gauge[float64]:
		points(data.DataPoints, add)
	case metricdata.Sum[int64]:
		points(data.DataPoints, add)
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, float64(p.Sum))
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Sum)
		}
	}
}

func points[N int64 | float64](list []metricdata.DataPoint[N], add func(attribute.Set, float64)) {
	for _, p := range list {
		add(p.Attributes, float64(p.Value))
	}
}
