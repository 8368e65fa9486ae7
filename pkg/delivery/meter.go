package delivery

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/message"
)

// scope names the instrumentation in spans and metrics.
const scope = "rapport/pkg/delivery"

// meter is what an operator sees of the pipeline.
type meter struct {
	tracer    trace.Tracer
	eventTime bool
	now       func() time.Time

	messages   metric.Int64Counter     // receipts, by channel, provider, outcome, reason
	repeats    metric.Int64Counter     // commands that came again after their receipt
	uncertains metric.Int64Counter     // messages that may have been handed over before
	open       metric.Int64Gauge       // 1 while the breaker leaves the provider alone
	latency    metric.Float64Histogram // seconds from decision to hand-over
	reaction   metric.Float64Histogram // seconds from the event to the hand-over, of what an event led to at once
	throttle   metric.Float64Histogram // seconds that messages waited for throttles
}

func newMeter(o *Options) (*meter, error) {
	m := o.Meter.Meter(scope)
	t := &meter{tracer: o.Tracer.Tracer(scope), eventTime: o.EventTime, now: o.Now}
	var err error
	keep := func(e error) {
		if err == nil && e != nil {
			err = fmt.Errorf("delivery: make instruments: %w", e)
		}
	}
	var e error
	t.messages, e = m.Int64Counter("delivery.messages", metric.WithDescription("Messages that got a receipt."))
	keep(e)
	t.repeats, e = m.Int64Counter("delivery.repeats", metric.WithDescription("Commands that came again after their receipt was recorded."))
	keep(e)
	t.uncertains, e = m.Int64Counter("delivery.uncertain", metric.WithDescription("Messages that may have been handed over before, by whether they were sent again."))
	keep(e)
	t.open, e = m.Int64Gauge("delivery.breaker.open", metric.WithDescription("1 while the provider is left alone."))
	keep(e)
	t.latency, e = m.Float64Histogram("delivery.latency", metric.WithUnit("s"), metric.WithDescription("From the decision to the hand-over."),
		metric.WithExplicitBucketBoundaries(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200))
	keep(e)
	t.reaction, e = m.Float64Histogram("delivery.event.to.handoff", metric.WithUnit("s"),
		metric.WithDescription("From the broker's storing an event to the hand-over of a message that it led to at once; waits and timers have none, throttles are part of it."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60))
	keep(e)
	t.throttle, e = m.Float64Histogram("delivery.throttle.wait", metric.WithUnit("s"), metric.WithDescription("How long messages waited that throttles held up."),
		metric.WithExplicitBucketBoundaries(0.1, 1, 5, 30, 60, 300, 1800, 7200, 43200))
	keep(e)
	return t, err
}

// about is what every span says about its message; never an address or a body.
func about(c *message.Command) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("rapport.message", c.ID), attribute.String("rapport.journey", c.Journey),
		attribute.String("rapport.version", c.Version), attribute.String("rapport.step", c.Step),
		attribute.String("rapport.template", c.Template), attribute.String("rapport.channel", string(c.Channel)),
	}
}

func (t *meter) start(ctx context.Context, name string, c *message.Command) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, name, trace.WithAttributes(about(c)...))
}

func (t *meter) startSend(ctx context.Context, provider string, c *message.Command) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, provider+" send", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(about(c)...),
		trace.WithAttributes(attribute.String("rapport.provider", provider)))
}

// failed marks a span whose stage ended the message.
func (t *meter) failed(span trace.Span, r *message.Receipt) {
	span.SetAttributes(attribute.String("rapport.outcome", string(r.Outcome)), attribute.String("rapport.reason", string(r.Reason)))
	span.SetStatus(codes.Error, r.Detail)
}

// fault marks a span whose attempt failed; words are scrubbed.
func (t *meter) fault(span trace.Span, f *Fault, words string) {
	span.SetAttributes(attribute.String("rapport.reason", string(f.reason)))
	span.SetStatus(codes.Error, words)
}

func (t *meter) repeated(ctx context.Context, c *message.Command) {
	trace.SpanFromContext(ctx).SetAttributes(attribute.Bool("rapport.repeat", true))
	t.repeats.Add(ctx, 1, metric.WithAttributes(attribute.String("channel", string(c.Channel))))
}

func (t *meter) uncertain(ctx context.Context, c *message.Command, again bool) {
	t.uncertains.Add(ctx, 1, metric.WithAttributes(attribute.String("channel", string(c.Channel)),
		attribute.String("category", string(c.Category)), attribute.Bool("sent_again", again)))
}

func (t *meter) waited(ctx context.Context, c *message.Command, d time.Duration) {
	t.throttle.Record(ctx, d.Seconds(), metric.WithAttributes(attribute.String("channel", string(c.Channel)), attribute.String("category", string(c.Category))))
}

func (t *meter) breaker(provider, host string, open bool) {
	var v int64
	if open {
		v = 1
	}
	about := []attribute.KeyValue{attribute.String("provider", provider)}
	if host != "" {
		about = append(about, attribute.String("host", host))
	}
	t.open.Record(context.Background(), v, metric.WithAttributes(about...))
}

// ended counts a recorded receipt and names it on the consumer's span.
func (t *meter) ended(ctx context.Context, a *attempt) {
	r := a.receipt
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(about(a.cmd)...)
	span.SetAttributes(attribute.String("rapport.outcome", string(r.Outcome)), attribute.String("rapport.reason", string(r.Reason)))
	t.messages.Add(ctx, 1, metric.WithAttributes(
		attribute.String("channel", string(r.Channel)), attribute.String("provider", r.Provider),
		attribute.String("outcome", string(r.Outcome)), attribute.String("reason", string(r.Reason)), attribute.Bool("resent", r.Resent)))
	if r.Outcome != message.Sent || t.eventTime {
		return
	}
	channel := metric.WithAttributes(attribute.String("channel", string(r.Channel)))
	t.latency.Record(ctx, t.now().Sub(a.cmd.DecidedAt).Seconds(), channel)
	if at := a.cmd.EventAt; !at.IsZero() {
		// The provider's answer, not the record of it, is the hand-over. The broker's clock may
		// be ahead of this one.
		t.reaction.Record(ctx, max(0, r.At.Sub(at).Seconds()), channel)
	}
}
