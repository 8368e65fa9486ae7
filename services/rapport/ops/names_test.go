package ops_test

import (
	"strings"
	"sync"

	"go.opentelemetry.io/otel/metric"
)

// names notes which instruments a running stack makes, also those that have measured nothing
// yet and are therefore not told to Prometheus.
type names struct {
	metric.MeterProvider

	mu      sync.Mutex
	unit    map[string]string
	counter map[string]bool
}

// Meter is metric.MeterProvider's.
func (n *names) Meter(name string, o ...metric.MeterOption) metric.Meter {
	return &naming{Meter: n.MeterProvider.Meter(name, o...), to: n}
}

type naming struct {
	metric.Meter
	to *names
}

func (n *names) note(name, unit string, counter bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unit[name], n.counter[name] = unit, counter
}

func (m *naming) Int64Counter(name string, o ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	m.to.note(name, metric.NewInt64CounterConfig(o...).Unit(), true)
	return m.Meter.Int64Counter(name, o...)
}

func (m *naming) Int64Gauge(name string, o ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	m.to.note(name, metric.NewInt64GaugeConfig(o...).Unit(), false)
	return m.Meter.Int64Gauge(name, o...)
}

func (m *naming) Float64Gauge(name string, o ...metric.Float64GaugeOption) (metric.Float64Gauge, error) {
	m.to.note(name, metric.NewFloat64GaugeConfig(o...).Unit(), false)
	return m.Meter.Float64Gauge(name, o...)
}

func (m *naming) Int64Histogram(name string, o ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	m.to.note(name, metric.NewInt64HistogramConfig(o...).Unit(), false)
	return m.Meter.Int64Histogram(name, o...)
}

func (m *naming) Float64Histogram(name string, o ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	m.to.note(name, metric.NewFloat64HistogramConfig(o...).Unit(), false)
	return m.Meter.Float64Histogram(name, o...)
}

func (m *naming) Int64ObservableGauge(name string, o ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	m.to.note(name, metric.NewInt64ObservableGaugeConfig(o...).Unit(), false)
	return m.Meter.Int64ObservableGauge(name, o...)
}

func (m *naming) Float64ObservableGauge(name string, o ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	m.to.note(name, metric.NewFloat64ObservableGaugeConfig(o...).Unit(), false)
	return m.Meter.Float64ObservableGauge(name, o...)
}

// prometheus is what the instruments are called there.
func (n *names) prometheus() map[string]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[string]bool{}
	for name, unit := range n.unit {
		called := strings.ReplaceAll(name, ".", "_")
		if suffix := map[string]string{"s": "_seconds", "By": "_bytes"}[unit]; suffix != "" && !strings.HasSuffix(called, suffix) {
			called += suffix
		}
		if n.counter[name] {
			called = strings.TrimSuffix(called, "_total") + "_total"
		}
		out[called] = true
	}
	return out
}
