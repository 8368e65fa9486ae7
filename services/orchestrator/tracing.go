package orchestrator

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const traceparentHeader = "traceparent"

// traceparent is the W3C form of ctx's span, empty when there is none.
func traceparent(ctx context.Context) string { return carrier(ctx)[traceparentHeader] }

// carrier is the headers that carry ctx's span on.
func carrier(ctx context.Context) map[string]string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return nil
	}
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c
}

// extract is a context with the span that a traceparent names.
func (o *Orchestrator) extract(parent string) context.Context {
	return propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{traceparentHeader: parent})
}

func traceID(sc trace.SpanContext) string {
	if sc.HasTraceID() {
		return sc.TraceID().String()
	}
	return ""
}
