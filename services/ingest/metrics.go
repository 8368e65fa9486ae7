package ingest

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"rapport/pkg/event"
)

// metrics answer: how much comes in, what is refused and why, how fast the broker is.
type metrics struct {
	accepted metric.Int64Counter
	rejected metric.Int64Counter
	publish  metric.Float64Histogram
	together metric.Int64Histogram
	products metric.Int64Counter
	ahead    metric.Int64Counter
	amiss    metric.Int64Counter
	hooks    metric.Int64Counter
}

func newMetrics(m metric.Meter) (*metrics, error) {
	var ms metrics
	var err error
	if ms.accepted, err = m.Int64Counter("ingest.accepted", metric.WithUnit("{event}"),
		metric.WithDescription("Events that the broker has stored.")); err != nil {
		return nil, fmt.Errorf("make counter ingest.accepted: %w", err)
	}
	if ms.rejected, err = m.Int64Counter("ingest.rejected", metric.WithUnit("{event}"),
		metric.WithDescription("Requests and items of batches that were refused.")); err != nil {
		return nil, fmt.Errorf("make counter ingest.rejected: %w", err)
	}
	if ms.publish, err = m.Float64Histogram("ingest.publish.duration", metric.WithUnit("s"),
		metric.WithDescription("Time in which the broker stored one atomic batch.")); err != nil {
		return nil, fmt.Errorf("make histogram ingest.publish.duration: %w", err)
	}
	if ms.together, err = m.Int64Histogram("ingest.publish.messages", metric.WithUnit("{message}"),
		metric.WithDescription("Messages in one atomic batch.")); err != nil {
		return nil, fmt.Errorf("make histogram ingest.publish.messages: %w", err)
	}
	return &ms, ms.more(m)
}

// more makes the counters of what is noticed beside what is taken.
func (m *metrics) more(meter metric.Meter) error {
	for _, c := range []struct {
		into             *metric.Int64Counter
		name, unit, what string
	}{
		{&m.products, "ingest.products", "{product}", "Products that the catalogue has stored."},
		{&m.ahead, "ingest.clock.ahead", "{event}", "Times that lay in the future and were set to that of the arrival."},
		{&m.amiss, "ingest.plan.violated", "{event}", "Events that are not as the tracking plan declares them, and were kept."},
		{&m.hooks, "ingest.webhooks", "{delivery}", "Deliveries of shop systems, by what became of them."},
	} {
		counter, err := meter.Int64Counter(c.name, metric.WithUnit(c.unit), metric.WithDescription(c.what))
		if err != nil {
			return fmt.Errorf("make counter %s: %w", c.name, err)
		}
		*c.into = counter
	}
	return nil
}

// noticed counts what was put right in the events of a request.
func (m *metrics) noticed(ctx context.Context, o *origin) {
	source := attribute.String("source", o.key.Source)
	if o.corrected > 0 {
		m.ahead.Add(ctx, int64(o.corrected), metric.WithAttributes(source))
	}
	for _, typ := range o.violated {
		m.amiss.Add(ctx, 1, metric.WithAttributes(source, attribute.String("type", event.Label(typ))))
	}
}

func (m *metrics) catalogued(ctx context.Context, source string, n int) {
	m.products.Add(ctx, int64(n), metric.WithAttributes(attribute.String("source", source)))
}

// delivered counts a delivery of a webhook; outcome is one of a closed set.
func (m *metrics) delivered(ctx context.Context, source, outcome string) {
	m.hooks.Add(ctx, 1, metric.WithAttributes(attribute.String("source", source), attribute.String("outcome", outcome)))
}

func (m *metrics) took(ctx context.Context, source string, events []accepted) {
	byType := map[string]int64{}
	for i := range events {
		byType[event.Label(events[i].event.Type)]++
	}
	for typ, n := range byType {
		m.accepted.Add(ctx, n, metric.WithAttributes(attribute.String("source", source), attribute.String("type", typ)))
	}
}

func (m *metrics) refused(ctx context.Context, why reason, n int) {
	m.rejected.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", string(why))))
}

func (m *metrics) published(ctx context.Context, n int, took time.Duration, err error) {
	ok := metric.WithAttributes(attribute.Bool("stored", err == nil))
	m.publish.Record(ctx, took.Seconds(), ok)
	m.together.Record(ctx, int64(n), ok)
}
