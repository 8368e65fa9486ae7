package orchestrator

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// poisonMetrics say what could not be done, and what stands still because of it.
type poisonMetrics struct {
	events, timers, unrenewed, failures metric.Int64Counter
	resting, stalled, held              metric.Int64Gauge
	full                                metric.Float64Gauge
	dropped                             metric.Int64Gauge
}

func newPoisonMetrics(m metric.Meter) (poisonMetrics, error) {
	var (
		out  poisonMetrics
		errs [9]error
	)
	out.events, errs[0] = m.Int64Counter("orchestrator_poison_events_total", metric.WithDescription("Events given up because they alone could not be applied, by partition."))
	out.timers, errs[1] = m.Int64Counter("orchestrator_poison_timers_total", metric.WithDescription("Times that a profile was left alone because its timer could not be fired, by partition."))
	out.unrenewed, errs[2] = m.Int64Counter("orchestrator_profiles_not_renewed_total", metric.WithDescription("Profiles that could not be brought under a new workspace."))
	out.failures, errs[3] = m.Int64Counter("orchestrator_attempts_failed_total", metric.WithDescription("Attempts at a batch that failed, by whose fault it is: nobody (something is away), perhaps or itself (the input's)."))
	out.resting, errs[4] = m.Int64Gauge("orchestrator_poison_profiles", metric.WithDescription("Profiles left alone because their timers cannot be fired, by partition."))
	out.stalled, errs[5] = m.Int64Gauge("orchestrator_stalled", metric.WithDescription("1 while a partition stands still because too many events in a row cannot be applied."))
	out.full, errs[6] = m.Float64Gauge("orchestrator_dead_letters_fill_ratio", metric.WithDescription("How full the stream of dead letters is, from 0 to 1."))
	out.dropped, errs[7] = m.Int64Gauge("orchestrator_dead_letters_dropped", metric.WithDescription("Dead letters that are gone from their stream: dropped for newer ones, or removed by hand."))
	out.held, errs[8] = m.Int64Gauge("orchestrator_held", metric.WithDescription("1 while a partition's events wait because the stream of messages is full and so is the outbox."))
	return out, errors.Join(errs[:]...)
}

func inPartition(p int) metric.MeasurementOption {
	return metric.WithAttributes(attribute.Int("partition", p))
}

func (m *metrics) poisonedEvent(ctx context.Context, partition int) {
	m.poison.events.Add(ctx, 1, inPartition(partition))
}

func (m *metrics) poisonedTimer(ctx context.Context, partition, resting int) {
	m.poison.timers.Add(ctx, 1, inPartition(partition))
	m.postponed(ctx, partition, resting)
}

func (m *metrics) postponed(ctx context.Context, partition, resting int) {
	m.poison.resting.Record(ctx, int64(resting), inPartition(partition))
}

func (m *metrics) unrenewed(ctx context.Context) { m.poison.unrenewed.Add(ctx, 1) }

func (m *metrics) failed(ctx context.Context, of blame) {
	m.poison.failures.Add(ctx, 1, metric.WithAttributes(attribute.String("fault", of.String())))
}

func (m *metrics) stalled(ctx context.Context, partition int, on bool) {
	m.poison.stalled.Record(ctx, whether(on), inPartition(partition))
}

func (m *metrics) held(ctx context.Context, partition int, on bool) {
	m.poison.held.Record(ctx, whether(on), inPartition(partition))
}

func whether(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

func (m *metrics) deadStream(ctx context.Context, full float64, dropped uint64) {
	m.poison.full.Record(ctx, full)
	m.poison.dropped.Record(ctx, int64(dropped)) //nolint:gosec // Sequences stay far below 2^63.
}
