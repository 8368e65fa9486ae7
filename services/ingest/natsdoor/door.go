package natsdoor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"rapport/pkg/bus"
	"rapport/pkg/telemetry"
)

const (
	// durable is the consumer's name: keys of the broker name it.
	durable = "door"
	group   = "door"

	linger     = 2 * time.Millisecond // what a batch waits for company
	firstPause = 100 * time.Millisecond
	mostPause  = 5 * time.Second
)

// Door reads the stream IN, see the package. It implements lifecycle.Service and lifecycle.Readier.
type Door struct {
	o       Options
	metrics *metrics
	tracer  trace.Tracer
	ready   chan struct{}
}

// New checks the options. Nothing runs before Run.
func New(o Options) (*Door, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	if o.TracerProvider == nil {
		o.TracerProvider = tracenoop.NewTracerProvider()
	}
	m, err := newMetrics(telemetry.Meter(o.MeterProvider, "natsdoor"))
	if err != nil {
		return nil, fmt.Errorf("natsdoor: %w", err)
	}
	return &Door{o: o, metrics: m, tracer: telemetry.Tracer(o.TracerProvider, "natsdoor"), ready: make(chan struct{})}, nil
}

// Ready is closed when Run has its consumer. Another process may have the pin.
func (d *Door) Ready() <-chan struct{} { return d.ready }

// Run reads until ctx ends; then it finishes what it has in hand as far as that is stored already, leaves the rest
// in IN and returns nil.
func (d *Door) Run(ctx context.Context) error {
	in, err := d.open(ctx)
	if err != nil || in == nil {
		return err
	}
	close(d.ready)
	defer func() { // of the one that is open by then
		if in != nil {
			in.close()
		}
	}()
	for ctx.Err() == nil {
		msgs, err := in.gather(ctx, d.o.Batch)
		if err != nil {
			if ctx.Err() == nil {
				d.o.Logger.Warn("the door over NATS cannot read and tries again", "error", err)
				in.close()
				if in, err = d.open(ctx); err != nil || in == nil {
					return err
				}
			}
			continue
		}
		d.handle(ctx, in, msgs)
	}
	return nil
}

// open makes the consumer, as soon as the broker lets it; nil when ctx ended before.
func (d *Door) open(ctx context.Context) (*intake, error) {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		in, err := d.intake(ctx)
		switch {
		case err == nil:
			return in, nil
		case errors.Is(err, jetstream.ErrStreamNotFound):
			return nil, fmt.Errorf("natsdoor: there is no stream %s: run rapport provision with an administrator's key", bus.StreamIn)
		case errors.Is(d.o.JS.Conn().LastError(), nats.ErrPermissionViolation):
			err = fmt.Errorf("%w (%w): give its key the rights that deploy/nats/accounts.conf has for ingest", err, d.o.JS.Conn().LastError())
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		d.o.Logger.Warn("the door over NATS is not open and tries again", "error", err)
		if !wait(ctx, pause) {
			return nil, nil
		}
	}
}

func (d *Door) intake(ctx context.Context) (*intake, error) {
	ctx, cancel := context.WithTimeout(ctx, mostPause)
	defer cancel()
	stream, err := d.o.JS.Stream(ctx, bus.StreamIn)
	if err != nil {
		return nil, fmt.Errorf("look up stream %s: %w", bus.StreamIn, err)
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, d.consumer())
	if err != nil {
		return nil, fmt.Errorf("make consumer %s: %w", durable, err)
	}
	in := &intake{js: d.o.JS, stream: stream, consumer: consumer, batch: d.o.Batch, purges: d.o.Purge}
	return in, in.start()
}

func (d *Door) consumer() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:        durable,
		Description:    "Events of shops, read by one ingest at a time.",
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        d.o.AckWait,
		MaxDeliver:     -1, // what it cannot handle it buries; giving up would lose it
		MaxAckPending:  2 * d.o.Batch,
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{group},
		PinnedTTL:      d.o.AckWait,
	}
}

// wait reports whether it waited until the end.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
