package orchestrator

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/journey"
	"rapport/pkg/recommend"
	"rapport/pkg/store"
)

// Clock says whose time it is.
type Clock int

// The clocks: the wall's for live running, the events' for replays.
const (
	WallClock Clock = iota
	EventClock
)

// Suggester answers what to recommend. An error means that there is no answer now.
type Suggester interface {
	Suggest(ctx context.Context, r recommend.Request) ([]recommend.Suggestion, error)
}

// Store is what the orchestrator needs of a store.
type Store interface {
	store.Applying
	store.Refreshing
	store.Identifying
}

// Options are what an orchestrator is made of. Conn, Store and Journeys are required.
type Options struct {
	Conn  *nats.Conn
	Store Store
	// Journeys returns the set in force; it is asked once for each batch.
	Journeys func() *journey.Set
	// Changed returns a channel that is closed when another set comes into force; profiles
	// are then brought under it in the background. Nil: it never changes.
	Changed func() <-chan struct{}
	// Suggester answers recommend steps: a recommender in the same process; nil: whichever
	// answers over Conn.
	Suggester Suggester
	Clock     Clock
	// Now is the wall clock; nil: time.Now.
	Now func() time.Time
	// Holder names this process in leases. A process that starts again on the same data
	// under the same name takes its partitions over at once.
	Holder string
	// LeaseTTL is how long a dead holder keeps a partition; zero: 3 seconds.
	LeaseTTL time.Duration
	// BatchSize is how many events are applied in one transaction; zero: 128. The store
	// combines the transactions of partitions, so that larger ones gain little and keep more
	// in memory: as much again is read ahead.
	BatchSize int
	// MaxPoison is how many events in a row may be given up as impossible to apply; zero:
	// 10. Each 20 events that are applied make up for one. When it is used up, the fault is
	// taken to be ours: partitions stand still and try again, and say so.
	MaxPoison int
	// MaxOutbox is how many messages of a partition may wait in the outbox while the stream
	// of messages refuses them; zero: 10,000. Then the partition's events wait.
	MaxOutbox int
	// Backoff is the wait before a failed attempt is repeated; zero: 100 milliseconds. It
	// doubles with each failure in a row, up to fifty times as much.
	Backoff time.Duration

	Logger         *slog.Logger
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Conn == nil:
		return o, errors.New("orchestrator: Options.Conn is missing")
	case o.Store == nil:
		return o, errors.New("orchestrator: Options.Store is missing")
	case o.Journeys == nil:
		return o, errors.New("orchestrator: Options.Journeys is missing")
	}
	if o.Changed == nil {
		o.Changed = func() <-chan struct{} { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Holder == "" {
		o.Holder = nats.NewInbox()
	}
	if o.LeaseTTL == 0 {
		o.LeaseTTL = 3 * time.Second
	}
	if o.BatchSize == 0 {
		o.BatchSize = 128
	}
	if o.MaxPoison == 0 {
		o.MaxPoison = 10
	}
	if o.MaxOutbox == 0 {
		o.MaxOutbox = 10_000
	}
	if o.Backoff == 0 {
		o.Backoff = 100 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.TracerProvider == nil {
		o.TracerProvider = tracenoop.NewTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	return o, nil
}
