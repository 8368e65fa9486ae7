package bus

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"go.opentelemetry.io/otel/trace"
)

// RouterOptions configure NewRouter. The zero value is quiet and traces with
// the global provider.
type RouterOptions struct {
	// Logger receives errors and, at debug level, what Watermill has to say;
	// nil is silence.
	Logger *slog.Logger
	// TracerProvider starts the consumer spans; nil is the global one.
	TracerProvider trace.TracerProvider
	// CloseTimeout bounds the wait for running handlers, 30 s when 0. It must
	// be longer than a handler takes, or its messages are delivered again.
	CloseTimeout time.Duration
}

// NewRouter makes a Watermill router whose handlers are wrapped, from outside
// in, by: keep the error for the dead letter, recover from panics, trace. Add
// handlers with AddConsumerHandler and a Subscriber of this package; an error
// marked Permanent buries the message at once.
func NewRouter(o RouterOptions) (*message.Router, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r, err := message.NewRouter(message.RouterConfig{CloseTimeout: o.CloseTimeout}, NewLogger(o.Logger))
	if err != nil {
		return nil, fmt.Errorf("make router: %w", err)
	}
	r.AddMiddleware(keepReason, recoverer(o.Logger), Tracing(o.TracerProvider))
	return r, nil
}

// keepReason hands the handler's error to the subscriber, which Watermill tells
// only that a message was refused.
func keepReason(next message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		produced, err := next(msg)
		if err != nil {
			setReason(msg, err)
		}
		return produced, err
	}
}

// recoverer turns a panic into an error that is retried like any other, and
// logs its stack here, where it is known, rather than carrying it in headers.
func recoverer(log *slog.Logger) message.HandlerMiddleware {
	return func(next message.HandlerFunc) message.HandlerFunc {
		return func(msg *message.Message) (produced []*message.Message, err error) {
			defer func() {
				if v := recover(); v != nil {
					err = fmt.Errorf("handler panicked: %v", v)
					log.Error("handler panicked", "message_id", msg.UUID, "panic", v, "stack", string(debug.Stack()))
				}
			}()
			return next(msg)
		}
	}
}

// NewLogger adapts slog for Watermill: its informational lines become debug
// lines, and the fields in which it would print whole messages are dropped, since
// bodies do not belong in logs.
func NewLogger(log *slog.Logger) watermill.LoggerAdapter { return logAdapter{log: log} }

type logAdapter struct{ log *slog.Logger }

func (a logAdapter) Error(msg string, err error, fields watermill.LogFields) {
	a.log.LogAttrs(context.Background(), slog.LevelError, msg, append(logAttrs(fields), slog.Any("error", err))...)
}

func (a logAdapter) Info(msg string, fields watermill.LogFields)  { a.debug(msg, fields) }
func (a logAdapter) Debug(msg string, fields watermill.LogFields) { a.debug(msg, fields) }

// Trace is called several times per message; it is dropped before its fields
// are looked at.
func (logAdapter) Trace(string, watermill.LogFields) {}

func (a logAdapter) With(fields watermill.LogFields) watermill.LoggerAdapter {
	return logAdapter{log: slog.New(a.log.Handler().WithAttrs(logAttrs(fields)))}
}

func (a logAdapter) debug(msg string, fields watermill.LogFields) {
	ctx := context.Background()
	if a.log.Enabled(ctx, slog.LevelDebug) {
		a.log.LogAttrs(ctx, slog.LevelDebug, msg, logAttrs(fields)...)
	}
}

func logAttrs(fields watermill.LogFields) []slog.Attr {
	attrs := make([]slog.Attr, 0, len(fields)+1)
	for k, v := range fields {
		if k != "not_sent_message" {
			attrs = append(attrs, slog.Any(k, v))
		}
	}
	return attrs
}
