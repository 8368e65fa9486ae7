package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"rapport/pkg/bus"
	"rapport/pkg/journey"
	"rapport/pkg/store"
)

// Orchestrator works on the partitions it holds the leases of.
type Orchestrator struct {
	Options
	js      jetstream.JetStream
	tracer  trace.Tracer
	metrics *metrics
	codec   *journey.Codec
	relay   *Relay
	poison  *budget

	mu        sync.Mutex
	positions map[int]store.Position
	moved     chan struct{} // closed and replaced when a position changes
	ready     chan struct{} // closed when every partition has been acquired once
}

// New makes an orchestrator; Run starts it.
func New(opts Options) (*Orchestrator, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	o := &Orchestrator{Options: opts, positions: map[int]store.Position{}, moved: make(chan struct{}), ready: make(chan struct{})}
	if o.Suggester == nil {
		o.Suggester = remote{conn: opts.Conn}
	}
	if o.js, err = bus.JetStream(opts.Conn); err != nil {
		return nil, fmt.Errorf("orchestrator: %w", err)
	}
	if o.codec, err = journey.NewCodec(); err != nil {
		return nil, fmt.Errorf("orchestrator: %w", err)
	}
	if o.metrics, err = newMetrics(opts.MeterProvider.Meter("rapport/orchestrator")); err != nil {
		return nil, fmt.Errorf("orchestrator: %w", err)
	}
	o.tracer = opts.TracerProvider.Tracer("rapport/orchestrator")
	o.poison = newBudget(opts.MaxPoison)
	o.relay = &Relay{store: opts.Store, js: o.js, log: opts.Logger, wake: make(chan struct{}, 1), dirty: map[int]bool{}}
	return o, nil
}

// Run applies events until ctx ends or the store refuses to go on. Streams must have been
// provisioned (bus.Provision). Nothing goes out unless Relay runs too.
func (o *Orchestrator) Run(ctx context.Context) error {
	n, err := bus.Partitions(ctx, o.js)
	if err != nil {
		return unlessStopped(ctx, err)
	}
	leases, err := bus.OpenLeases(ctx, o.js, bus.LeaseOptions{Holder: o.Holder, TTL: o.LeaseTTL})
	if err != nil {
		return unlessStopped(ctx, err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for p := range n {
		group.Go(func() error { return o.partition(ctx, leases, p, n) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("orchestrator: %w", err)
	}
	return nil
}

// Relay is the half of the orchestrator that publishes what the other half has committed.
// It is a service of its own so that it starts before and stops after: what was committed
// last still goes out.
func (o *Orchestrator) Relay() *Relay { return o.relay }

// unlessStopped is the error, or nil when it only says that ctx has ended.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("orchestrator: %w", err)
}

// Ready is closed when every partition has been acquired once.
func (o *Orchestrator) Ready() <-chan struct{} { return o.ready }

// Positions is how far each partition that this process works on has come.
func (o *Orchestrator) Positions() map[int]store.Position {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make(map[int]store.Position, len(o.positions))
	for p, pos := range o.positions {
		out[p] = pos
	}
	return out
}

// Moved is closed at the next commit.
func (o *Orchestrator) Moved() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.moved
}

// Relayed waits until everything that was committed before the call has been published.
func (o *Orchestrator) Relayed(ctx context.Context) error { return o.relay.drain(ctx) }

// partition works on one partition whenever it can have its lease.
func (o *Orchestrator) partition(ctx context.Context, leases *bus.Leases, p, n int) error {
	for {
		lease, err := leases.Wait(ctx, strconv.Itoa(p))
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("lease partition %d: %w", p, err)
		}
		w := &worker{o: o, partition: p, epoch: lease.Token(), log: o.Logger.With("partition", p), care: newCaution()}
		err = w.run(ctx, lease, n)
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		if lease.Err() == nil {
			if rerr := lease.Release(release); rerr != nil {
				w.log.Warn("lease not released, it will run out", "error", rerr)
			}
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, bus.ErrAhead), errors.Is(err, store.ErrPosition):
			return fmt.Errorf("partition %d: %w", p, err)
		case err != nil:
			w.log.Warn("partition given up, trying again", "error", err)
			if !pause(ctx, time.Second) {
				return nil
			}
		}
	}
}

// note remembers a partition's position and tells when the last of n has its first.
func (o *Orchestrator) note(p, n int, pos store.Position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.positions[p] = pos
	close(o.moved)
	o.moved = make(chan struct{})
	if n > 0 && len(o.positions) == n {
		select {
		case <-o.ready:
		default:
			close(o.ready)
		}
	}
}

// pause waits; it returns false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
