package orchestrator

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

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
	turns   turns
	// smallTurns are for small batches.
	smallTurns turns
	backlog    backlog

	mu        sync.Mutex
	positions map[int]store.Position
	moved     chan struct{} // closed and replaced when a position changes
	share     map[int]bool  // partitions that this one should work on; nil before it knows
	leased    map[int]bool  // partitions whose leases it has
	lacking   time.Time     // since when it works on less than its share; zero: it does not
	ready     chan struct{} // closed when it works on its share for the first time

	leasedChanged chan struct{} // tells the team, which need not hear of each
}

// New makes an orchestrator; Run starts it.
func New(opts Options) (*Orchestrator, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	o := &Orchestrator{
		Options: opts, turns: newTurns(), smallTurns: newSmallTurns(), backlog: backlog{places: newPlaces()}, positions: map[int]store.Position{}, leased: map[int]bool{},
		moved: make(chan struct{}), ready: make(chan struct{}), leasedChanged: make(chan struct{}, 1),
	}
	if o.Suggester == nil {
		o.Suggester = remote{conn: opts.Conn}
	}
	if o.js, err = bus.JetStream(opts.Conn); err != nil {
		return nil, fmt.Errorf("orchestrator: %w", err)
	}
	if o.codec, err = journey.NewCodec(); err != nil {
		return nil, fmt.Errorf("orchestrator: %w", err)
	}
	if o.metrics, err = newMetrics(opts.MeterProvider.Meter("rapport/orchestrator"), o.holdings); err != nil {
		return nil, fmt.Errorf("orchestrator: %w", err)
	}
	o.tracer = opts.TracerProvider.Tracer("rapport/orchestrator")
	o.poison = newBudget(opts.MaxPoison)
	o.relay = newRelay(opts.Store, o.js, opts.Logger)
	return o, nil
}

// Run applies events until ctx ends or the store refuses to go on. Streams must have been
// provisioned (bus.Provision). Nothing goes out unless Relay runs too.
func (o *Orchestrator) Run(ctx context.Context) error {
	t, err := o.join(ctx)
	if err != nil {
		return unlessStopped(ctx, err)
	}
	if err := t.run(ctx); err != nil {
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

// Ready is closed when, for the first time, this one works on its whole share of the
// partitions: all of them when it is alone. Share says how it is now.
func (o *Orchestrator) Ready() <-chan struct{} { return o.ready }

// Share is how many partitions this process works on, and how many it should, as it sees the
// members. They differ for a moment when an orchestrator joins or leaves.
func (o *Orchestrator) Share() (works, should int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.working(), len(o.share)
}

// Steady is Share without the moments in which partitions change hands: that fewer are worked
// on than should be is told once it has been so, without a break, for longer than two lives of
// a lease, within which others take over what a dead one had. It is what readiness follows.
func (o *Orchestrator) Steady() (works, should int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	works, should = o.working(), len(o.share)
	if works < should && time.Since(o.lacking) <= 2*o.LeaseTTL {
		works = should
	}
	return works, should
}

// working counts the partitions of the share that are worked on; o.mu is held.
func (o *Orchestrator) working() (n int) {
	for p := range o.share {
		if _, ok := o.positions[p]; ok {
			n++
		}
	}
	return n
}

// holdings is how many leases this process has, and how many partitions are its share.
func (o *Orchestrator) holdings() (leases, share int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.leased), len(o.share)
}

// Positions is how far each partition that this process works on has come. Partitions that
// others work on, or nobody, are not there: see the store's Positions for all.
func (o *Orchestrator) Positions() map[int]store.Position {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.positions)
}

// Moved is closed at the next commit.
func (o *Orchestrator) Moved() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.moved
}

// Relayed waits until everything that was committed before the call has been published.
func (o *Orchestrator) Relayed(ctx context.Context) error { return o.relay.drain(ctx) }

// worker makes the worker of a partition whose lease was acquired.
func (o *Orchestrator) worker(p int, placing bus.Placing, lease *bus.Lease) *worker {
	return &worker{o: o, partition: p, placing: placing, epoch: lease.Token(), log: o.Logger.With("partition", p), care: newCaution()}
}

// expect notes which partitions are this one's share.
func (o *Orchestrator) expect(share map[int]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share = share
	o.checkShare()
}

// note remembers a partition's position. first is not 0 when it is the first since the
// partition was acquired.
func (o *Orchestrator) note(p, first int, pos store.Position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.positions[p] = pos
	close(o.moved)
	o.moved = make(chan struct{})
	if first > 0 {
		o.checkShare()
	}
}

// forget takes out the position of a partition that is no longer worked on here.
func (o *Orchestrator) forget(p int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.positions, p)
	o.checkShare()
}

// checkShare notes since when less than the share is worked on, and tells when for the first
// time all of it is; o.mu is held.
func (o *Orchestrator) checkShare() {
	if o.working() < len(o.share) {
		if o.lacking.IsZero() {
			o.lacking = time.Now()
		}
		return
	}
	o.lacking = time.Time{}
	select {
	case <-o.ready:
	default:
		if o.share != nil {
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
