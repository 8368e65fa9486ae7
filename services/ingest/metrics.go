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
	return &ms, nil
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
