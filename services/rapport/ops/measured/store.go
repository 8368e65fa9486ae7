package measured

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"rapport/pkg/store"
	"rapport/pkg/telemetry"
)

// Store is a store with metrics.
type Store struct {
	store.Store
	wallClock bool

	took     metric.Float64Histogram
	rows     metric.Int64Counter
	late     metric.Float64Histogram
	acquired metric.Int64Counter
	fenced   metric.Int64Counter
}

// New measures a store. With wallClock timers are compared with the time it is; without, as
// in replays of the past, how late they are means nothing and is left out.
func New(s store.Store, meters metric.MeterProvider, wallClock bool) (*Store, error) {
	m := telemetry.Meter(meters, "store")
	out := &Store{Store: s, wallClock: wallClock}
	var errs [5]error
	out.took, errs[0] = m.Float64Histogram("store.operation.duration", metric.WithUnit("s"),
		metric.WithDescription("Time that the store took, by operation and whether it succeeded."),
		metric.WithExplicitBucketBoundaries(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
	out.rows, errs[1] = m.Int64Counter("store.commit.rows", metric.WithUnit("{row}"),
		metric.WithDescription("Rows that commits wrote, by table."))
	out.late, errs[2] = m.Float64Histogram("store.timer.lateness", metric.WithUnit("s"),
		metric.WithDescription("How long timers had been due when they were read to be fired."),
		metric.WithExplicitBucketBoundaries(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200))
	out.acquired, errs[3] = m.Int64Counter("store.partitions.acquired", metric.WithUnit("{partition}"),
		metric.WithDescription("Times that a partition was taken over."))
	out.fenced, errs[4] = m.Int64Counter("store.fenced", metric.WithUnit("{write}"),
		metric.WithDescription("Writes refused because another worker owns the partition."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("measure the store: make the metrics: %w", err)
	}
	return out, nil
}

// measure notes how long an operation took since it began, and hands the error on.
func (s *Store) measure(ctx context.Context, operation string, began time.Time, err error) error {
	s.took.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(
		attribute.String("operation", operation), attribute.Bool("ok", err == nil)))
	if errors.Is(err, store.ErrFenced) {
		s.fenced.Add(ctx, 1)
	}
	return err
}

// Acquire is store.Applying's.
func (s *Store) Acquire(ctx context.Context, partition int, epoch uint64) (store.Position, error) {
	began := time.Now()
	pos, err := s.Store.Acquire(ctx, partition, epoch)
	if err == nil {
		s.acquired.Add(ctx, 1)
	}
	return pos, s.measure(ctx, "acquire", began, err)
}

// Load is store.Applying's.
func (s *Store) Load(ctx context.Context, partition int, wants []store.Want) ([]store.Loaded, error) {
	began := time.Now()
	loaded, err := s.Store.Load(ctx, partition, wants)
	return loaded, s.measure(ctx, "load", began, err)
}

// Due is store.Applying's.
func (s *Store) Due(ctx context.Context, partition int, before time.Time, limit int) ([]store.Wake, error) {
	began := time.Now()
	due, err := s.Store.Due(ctx, partition, before, limit)
	if s.wallClock {
		for _, w := range due {
			s.late.Record(ctx, max(0, began.Sub(w.Due).Seconds()))
		}
	}
	return due, s.measure(ctx, "due", began, err)
}

// Commit is store.Applying's.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	began := time.Now()
	err := s.Store.Commit(ctx, b)
	if err == nil {
		for _, table := range []struct {
			name string
			rows int
		}{
			{"profiles", len(b.Profiles)},
			{"timeline", len(b.Timeline)},
			{"messages", len(b.Messages)},
			{"outcomes", len(b.Outcomes)},
			{"outbox", len(b.Outbox)},
		} {
			if table.rows > 0 {
				s.rows.Add(ctx, int64(table.rows), metric.WithAttributes(attribute.String("table", table.name)))
			}
		}
	}
	return s.measure(ctx, "commit", began, err)
}

// Outbox is store.Applying's.
func (s *Store) Outbox(ctx context.Context, partition int, after uint64, limit int) ([]store.OutboxBatch, error) {
	began := time.Now()
	batches, err := s.Store.Outbox(ctx, partition, after, limit)
	return batches, s.measure(ctx, "outbox", began, err)
}

// Claim is store.Claiming's.
func (s *Store) Claim(ctx context.Context, claims []store.Claim) ([]store.Prior, error) {
	began := time.Now()
	prior, err := s.Store.Claim(ctx, claims)
	return prior, s.measure(ctx, "claim", began, err)
}

// Claimed is store.Claiming's.
func (s *Store) Claimed(ctx context.Context, partition int, messageID string) (store.Prior, error) {
	began := time.Now()
	prior, err := s.Store.Claimed(ctx, partition, messageID)
	return prior, s.measure(ctx, "claimed", began, err)
}

// Record is store.Claiming's.
func (s *Store) Record(ctx context.Context, results []store.Result) error {
	began := time.Now()
	return s.measure(ctx, "record", began, s.Store.Record(ctx, results))
}
