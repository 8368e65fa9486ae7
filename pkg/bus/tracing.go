package bus

import (
	"context"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const tracerName = "rapport/pkg/bus"

// Inject writes the trace of ctx into message headers (W3C Trace Context,
// lower-case names: NATS headers are case-sensitive, so the canonical form that
// net/http would write could not be found again by others).
func Inject(ctx context.Context, h nats.Header) {
	propagation.TraceContext{}.Inject(ctx, headerCarrier(h))
}

// Extract returns ctx with the trace that the headers carry, if any.
func Extract(ctx context.Context, h nats.Header) context.Context {
	return propagation.TraceContext{}.Extract(ctx, headerCarrier(h))
}

type headerCarrier nats.Header

func (c headerCarrier) Get(key string) string { return nats.Header(c).Get(key) }
func (c headerCarrier) Set(key, value string) { c[key] = []string{value} }
func (c headerCarrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	return keys
}

// Tracing is the Watermill middleware that continues the trace of a message in
// a consumer span around the handler. Spans name stream, consumer and message
// id, never the subject's key, the headers or the body. With a nil provider
// the global one is used.
func Tracing(tp trace.TracerProvider) message.HandlerMiddleware {
	if tp == nil {
		tp = otel.GetTracerProvider()
	}
	tracer := tp.Tracer(tracerName)
	return func(next message.HandlerFunc) message.HandlerFunc {
		return func(msg *message.Message) ([]*message.Message, error) {
			topic := message.SubscribeTopicFromCtx(msg.Context())
			ctx := propagation.TraceContext{}.Extract(msg.Context(), propagation.MapCarrier(msg.Metadata))
			ctx, span := tracer.Start(ctx, "process "+topic, trace.WithSpanKind(trace.SpanKindConsumer))
			defer span.End()
			if span.IsRecording() {
				span.SetAttributes(spanAttributes(ctx, topic, msg.UUID)...)
			}
			msg.SetContext(ctx)
			produced, err := next(msg)
			if err != nil {
				span.SetStatus(codes.Error, "handler failed")
				span.SetAttributes(attribute.Bool("rapport.permanent", IsPermanent(err)))
			}
			return produced, err
		}
	}
}

// spanAttributes follow the OpenTelemetry conventions for messaging spans.
func spanAttributes(ctx context.Context, topic, id string) []attribute.KeyValue {
	attrs := []attribute.KeyValue{
		attribute.String("messaging.system", "nats"),
		attribute.String("messaging.operation.type", "process"),
		attribute.String("messaging.destination.name", topic),
		attribute.String("messaging.message.id", id),
	}
	if d, ok := Received(ctx); ok {
		attrs = append(attrs,
			attribute.String("messaging.nats.stream", d.Stream),
			attribute.String("messaging.consumer.group.name", d.Consumer),
			attribute.Int64("messaging.nats.sequence", int64(d.Seq)),
			attribute.Int("messaging.nats.num_delivered", d.Attempt))
	}
	return attrs
}
