package orchestrator

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"rapport/pkg/bus"
	"rapport/pkg/event"
	"rapport/pkg/store"
)

// metrics are what an operator asks of the orchestrator.
type metrics struct {
	events     metric.Int64Counter
	duplicates metric.Int64Counter
	letters    metric.Int64Counter
	decisions  metric.Int64Counter
	renewals   metric.Int64Counter
	batches    metric.Int64Histogram
	steps      metric.Float64Histogram
	position   metric.Int64Gauge
	age        metric.Float64Histogram
	poison     poisonMetrics
}

// newMetrics makes them. holdings says how many leases this process has and how many
// partitions are its share; it is asked whenever somebody reads the metrics.
func newMetrics(m metric.Meter, holdings func() (leases, share int)) (*metrics, error) {
	var (
		out  metrics
		errs [12]error
	)
	out.events, errs[0] = m.Int64Counter("orchestrator_events_applied_total", metric.WithDescription("Events applied, by type: those of the catalogue, and other."))
	out.duplicates, errs[1] = m.Int64Counter("orchestrator_events_duplicate_total", metric.WithDescription("Events seen before, which changed nothing."))
	out.letters, errs[2] = m.Int64Counter("orchestrator_dead_letters_total", metric.WithDescription("Events that could not be applied, by the class of the reason."))
	out.decisions, errs[3] = m.Int64Counter("orchestrator_decisions_total", metric.WithDescription("Messages decided, by journey, channel and verdict."))
	out.batches, errs[4] = m.Int64Histogram("orchestrator_batch_events", metric.WithDescription("Events in one transaction; those with timers alone are left out."))
	out.position, errs[5] = m.Int64Gauge("orchestrator_partition_position", metric.WithDescription("Sequence of the last event applied, by partition."))
	out.renewals, errs[6] = m.Int64Counter("orchestrator_profiles_renewed_total", metric.WithDescription("Profiles brought under a new workspace without an event of theirs."))
	out.age, errs[8] = m.Float64Histogram("orchestrator_event_age", metric.WithUnit("s"),
		metric.WithDescription("From the broker's storing an event to the commit that applied it."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200))
	out.poison, errs[7] = newPoisonMetrics(m)
	out.steps, errs[9] = m.Float64Histogram("orchestrator_batch_duration", metric.WithUnit("s"),
		metric.WithDescription("One whole step of a partition, by whether it succeeded: due timers and profiles looked up, events applied, the transaction, the next timer."),
		metric.WithExplicitBucketBoundaries(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30))
	_, errs[10] = m.Int64ObservableGauge("orchestrator_partitions_held", metric.WithDescription("Partitions whose lease this process has."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			leases, _ := holdings()
			o.Observe(int64(leases))
			return nil
		}))
	_, errs[11] = m.Int64ObservableGauge("orchestrator_partitions_share", metric.WithDescription("Partitions that this process should work on, as it sees the members."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			_, share := holdings()
			o.Observe(int64(share))
			return nil
		}))
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("make the metrics: %w", err)
		}
	}
	for _, class := range bus.Classes() { // What begins with its first letter has not grown by it.
		out.letters.Add(context.Background(), 0, metric.WithAttributes(attribute.String("class", string(class))))
	}
	return &out, nil
}

func (m *metrics) duplicate(ctx context.Context) { m.duplicates.Add(ctx, 1) }

func (m *metrics) renewed(ctx context.Context, n int) { m.renewals.Add(ctx, int64(n)) }

// applied notes how many events there were in a transaction, and of how long they had been
// stored when it was made. By the events' clock that says nothing. Ticks are nobody's.
func (m *metrics) applied(ctx context.Context, now time.Time, clock Clock, ins []input) {
	if len(ins) > 0 {
		m.batches.Record(ctx, int64(len(ins)))
	}
	if clock == EventClock {
		return
	}
	for i := range ins {
		if !ins[i].tick && ins[i].broken == nil {
			m.age.Record(ctx, max(0, now.Sub(ins[i].raw.Time).Seconds()))
		}
	}
}

// dead counts an event that the position has passed without its being applied.
func (m *metrics) dead(ctx context.Context, why bus.Class) {
	m.letters.Add(ctx, 1, metric.WithAttributes(attribute.String("class", string(why))))
}

// step notes one attempt at a batch.
func (m *metrics) step(ctx context.Context, took time.Duration, ok bool) {
	m.steps.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.Bool("ok", ok)))
}

// committed counts what a transaction made true; counting earlier would count retries.
func (m *metrics) committed(ctx context.Context, b *store.Batch) {
	types := map[string]int64{}
	for i := range b.Timeline {
		if row := &b.Timeline[i]; row.Kind == store.KindEvent {
			types[event.Label(row.Name)]++
		}
	}
	for name, n := range types {
		m.events.Add(ctx, n, metric.WithAttributes(attribute.String("type", name)))
	}
	type decision struct{ journey, channel, verdict string }
	decisions := map[decision]int64{}
	for i := range b.Messages {
		row := &b.Messages[i]
		verdict := string(row.Reason)
		if verdict == "" {
			verdict = "go"
		}
		decisions[decision{row.Journey, string(row.Channel), verdict}]++
	}
	for d, n := range decisions {
		m.decisions.Add(ctx, n, metric.WithAttributes(attribute.String("journey", d.journey),
			attribute.String("channel", d.channel), attribute.String("verdict", d.verdict)))
	}
	m.position.Record(ctx, int64(b.To.Seq), metric.WithAttributes(attribute.Int("partition", b.Partition))) //nolint:gosec // Sequences stay far below 2^63.
}
