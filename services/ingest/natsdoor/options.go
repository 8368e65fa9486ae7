package natsdoor

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/event"
)

// Plan judges events beside what all doors ask of them.
type Plan interface {
	// Check tells what is wrong with an event; nil: nothing.
	Check(e *event.Event) *event.FieldError
	// Keeps reports whether events of a type are kept although Check finds something wrong.
	Keeps(typ string) bool
}

// Catalogue takes products.
type Catalogue interface {
	// Check says what is wrong with a product; nil: nothing.
	Check(e *event.Event) *event.FieldError
	// Put stores them in their order. Repeating it is safe.
	Put(ctx context.Context, products []event.Event) error
}

// Options says what the door works with. JS is required.
type Options struct {
	// JS is a context made by bus.JetStream, on whose broker bus.Provision has made the streams.
	JS jetstream.JetStream
	// Plan judges events; nil: nobody does.
	Plan Plan
	// Catalogue takes what is said of products; nil: such messages become dead letters.
	Catalogue Catalogue
	// Purge takes what is stored off IN by one request for a batch instead of by an acknowledgement for each message.
	// It is for a broker with one replica that syncs what it writes: that one syncs for each acknowledgement, which is
	// most of what the door costs there. The key must have the right to purge IN; where it has not, the
	// door acknowledges after a wait. A cluster syncs otherwise, and its keys for ingest do not have the right.
	Purge bool
	// Batch is how many events are published together at most, 500 when 0.
	Batch int
	// AckWait is how long the broker waits for a sign of life before it gives a message out again, and the
	// place of this process to another; 10 s when 0.
	AckWait time.Duration
	// Logger is told of failures, without bodies; nil is silence.
	Logger *slog.Logger
	// TracerProvider and MeterProvider; nil traces or measures nothing.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

func (o Options) withDefaults() (Options, error) {
	if o.JS == nil {
		return o, errors.New("natsdoor: no connection given; set Options.JS")
	}
	if o.Batch <= 0 {
		o.Batch = 500
	}
	if o.AckWait <= 0 {
		o.AckWait = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// Bounds of what is published together, and of one message: the broker takes 1 MiB with headers.
const (
	maxBatchBytes = 4 << 20
	maxMessage    = 1<<20 - 16<<10
)
