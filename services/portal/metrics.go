package portal

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"rapport/pkg/visitor"
)

// metrics answer: who comes, what do they change, what is refused, and is anything lost.
type metrics struct {
	visits   metric.Int64Counter
	changes  metric.Int64Counter
	refused  metric.Int64Counter
	dropped  metric.Int64Counter
	requests metric.Float64Histogram
	publish  metric.Float64Histogram
}

func newMetrics(m metric.Meter) (*metrics, error) {
	var ms metrics
	var err error
	for _, c := range []struct {
		counter          *metric.Int64Counter
		name, unit, desc string
	}{
		{&ms.visits, "portal.visits", "{visit}", "Links followed and pictures fetched, by whom they were taken for and why."},
		{&ms.changes, "portal.changes", "{change}", "Unsubscribes, confirmations and changed preferences that the broker has stored."},
		{&ms.refused, "portal.refused", "{request}", "Requests that were not done: forged or expired links, forms of other sites, too many, not stored."},
		{&ms.dropped, "portal.dropped", "{event}", "Events of clicks and opens that were lost: no room to wait for the broker, or the stop did not wait for it."},
	} {
		if *c.counter, err = m.Int64Counter(c.name, metric.WithUnit(c.unit), metric.WithDescription(c.desc)); err != nil {
			return nil, fmt.Errorf("make counter %s: %w", c.name, err)
		}
	}
	if ms.requests, err = m.Float64Histogram("portal.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Time to answer a request, by route."),
		metric.WithExplicitBucketBoundaries(.0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5)); err != nil {
		return nil, fmt.Errorf("make histogram portal.request.duration: %w", err)
	}
	if ms.publish, err = m.Float64Histogram("portal.publish.duration", metric.WithUnit("s"),
		metric.WithDescription("Time in which the broker stored what was published together.")); err != nil {
		return nil, fmt.Errorf("make histogram portal.publish.duration: %w", err)
	}
	return &ms, nil
}

func (m *metrics) judged(ctx context.Context, kind string, v visitor.Verdict) {
	m.visits.Add(ctx, 1, metric.WithAttributes(attribute.String("kind", kind), attribute.Bool("machine", v.Machine), attribute.String("why", string(v.Why))))
}

// repeated is a second click on the same link.
func (m *metrics) repeated(ctx context.Context) {
	m.visits.Add(ctx, 1, metric.WithAttributes(attribute.String("kind", "click"), attribute.Bool("machine", false), attribute.String("why", "repeated")))
}

func (m *metrics) changed(ctx context.Context, what string) {
	m.changes.Add(ctx, 1, metric.WithAttributes(attribute.String("what", what)))
}

func (m *metrics) refuse(ctx context.Context, route string, why reason) {
	m.refused.Add(ctx, 1, metric.WithAttributes(attribute.String("route", route), attribute.String("reason", string(why))))
}

func (m *metrics) lost(ctx context.Context, n int, why string) {
	m.dropped.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", why)))
}

func (m *metrics) answered(ctx context.Context, route string, status int, took time.Duration) {
	m.requests.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("route", route), attribute.Int("status", status)))
}

func (m *metrics) published(ctx context.Context, took time.Duration, err error) {
	m.publish.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.Bool("stored", err == nil)))
}
