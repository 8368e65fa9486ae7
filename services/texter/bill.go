package texter

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/sms"
)

// cost is what a text takes, and what exchanging characters saved.
type cost struct {
	size  sms.Size
	saved int // segments
}

// weigh is the text as it is sent, and its cost.
func weigh(text string, verbatim bool) (string, cost) {
	before := sms.Count(text)
	if verbatim {
		return text, cost{size: before}
	}
	smart, changes := sms.Smallest(text)
	if len(changes) == 0 {
		return text, cost{size: before}
	}
	after := sms.Count(smart)
	return smart, cost{after, before.Segments - after.Segments}
}

// annotate tells the span of the hand-over how large the message is.
func (c cost) annotate(ctx context.Context) {
	trace.SpanFromContext(ctx).SetAttributes(
		attribute.Int("rapport.sms.segments", c.size.Segments), attribute.Int("rapport.sms.saved", c.saved),
		attribute.String("rapport.sms.encoding", c.size.Encoding.String()),
	)
}

// bill counts what is billed: segments of messages that Twilio took.
type bill struct {
	segments metric.Int64Counter // by encoding
	saved    metric.Int64Counter
}

// newBill makes the instruments; of nil, ones that count nothing.
func newBill(provider metric.MeterProvider) (b bill, err error) {
	if provider == nil {
		provider = noop.NewMeterProvider()
	}
	m := provider.Meter("rapport/texter")
	if b.segments, err = m.Int64Counter("texter.segments", metric.WithDescription("Segments of text messages that the provider took.")); err != nil {
		return b, fmt.Errorf("make the counter of segments: %w", err)
	}
	b.saved, err = m.Int64Counter("texter.segments.saved", metric.WithDescription("Segments that were not needed since characters were exchanged."))
	if err != nil {
		return b, fmt.Errorf("make the counter of saved segments: %w", err)
	}
	return b, nil
}

func (b bill) add(ctx context.Context, c cost) {
	b.segments.Add(ctx, int64(c.size.Segments), metric.WithAttributes(attribute.String("encoding", c.size.Encoding.String())))
	if c.saved > 0 {
		b.saved.Add(ctx, int64(c.saved))
	}
}
