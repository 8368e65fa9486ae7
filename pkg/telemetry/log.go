package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// LogHandler adds trace_id and span_id to the records that are logged with the
// context of a span, and passes all on. The two stand at the top of the record
// even when the logger has an open group, because that is where log stores look.
func LogHandler(next slog.Handler) slog.Handler {
	return &logHandler{root: next, next: next}
}

type logHandler struct {
	root slog.Handler // before the first group
	next slog.Handler
	// replay repeats on root what was done since the first group; empty without one.
	replay []func(slog.Handler) slog.Handler
}

func (h *logHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return h.next.Handle(ctx, r)
	}
	ids := []slog.Attr{slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String())}
	if len(h.replay) == 0 {
		r = r.Clone()
		r.AddAttrs(ids...)
		return h.next.Handle(ctx, r)
	}
	next := h.root.WithAttrs(ids)
	for _, again := range h.replay {
		next = again(next)
	}
	return next.Handle(ctx, r)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := h.next.WithAttrs(attrs)
	if len(h.replay) == 0 {
		return &logHandler{root: next, next: next}
	}
	return h.then(next, func(n slog.Handler) slog.Handler { return n.WithAttrs(attrs) })
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.then(h.next.WithGroup(name), func(n slog.Handler) slog.Handler { return n.WithGroup(name) })
}

func (h *logHandler) then(next slog.Handler, again func(slog.Handler) slog.Handler) slog.Handler {
	replay := append(h.replay[:len(h.replay):len(h.replay)], again)
	return &logHandler{root: h.root, next: next, replay: replay}
}
