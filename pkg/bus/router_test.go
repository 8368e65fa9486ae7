package bus_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
)

// runRouter runs a router with one handler until the test ends.
func runRouter(t *testing.T, js jetstream.JetStream, o bus.RouterOptions, handler message.NoPublishHandlerFunc, extra ...message.HandlerMiddleware) *message.Router {
	t.Helper()
	r, err := bus.NewRouter(o)
	if err != nil {
		t.Fatal(err)
	}
	sub := newSubscriber(t, js, bus.SubscriberOptions{MaxAttempts: 3, Backoff: []time.Duration{time.Millisecond}})
	r.AddConsumerHandler("mailer", "send.email.*", sub, handler).AddMiddleware(extra...)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := r.Run(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		closedInTime(t, stopped, "router stopped")
	})
	closedInTime(t, r.Running(), "router runs")
	return r
}

func TestRouterContinuesTheTrace(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	spans := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	ctx, root := tp.Tracer("test").Start(deadline(t), "POST /v1/track")
	if err := bus.NewPublisher(js).Publish("send.email.ada-secret", message.NewMessageWithContext(ctx, "id-1", []byte("x"))); err != nil {
		t.Fatal(err)
	}
	root.End()
	inner := make(chan trace.SpanContext, 10)
	runRouter(t, js, bus.RouterOptions{TracerProvider: tp}, func(m *message.Message) error {
		inner <- trace.SpanContextFromContext(m.Context())
		return bus.Permanent(errors.New("no such template"))
	})
	if got := receive(t, inner); got.TraceID() != root.SpanContext().TraceID() || got.SpanID() == root.SpanContext().SpanID() {
		t.Fatalf("handler runs in %v, the request in %v", got, root.SpanContext())
	}
	settled(t, js, "mailer")
	var found bool
	for _, s := range spans.Ended() {
		if s.SpanKind() != trace.SpanKindConsumer {
			continue
		}
		found = true
		if s.Parent().SpanID() != root.SpanContext().SpanID() || s.Status().Code != codes.Error {
			t.Errorf("span %s: parent %v, status %v", s.Name(), s.Parent(), s.Status())
		}
		attrs := map[string]string{}
		for _, a := range s.Attributes() {
			attrs[string(a.Key)] = a.Value.String()
			if strings.Contains(a.Value.String(), "secret") {
				t.Errorf("attribute %s shows the key", a.Key)
			}
		}
		if attrs["messaging.system"] != "nats" || attrs["messaging.destination.name"] != "send.email.*" || attrs["messaging.nats.num_delivered"] != "1" || attrs["messaging.message.id"] != "id-1" {
			t.Errorf("attributes %v", attrs)
		}
	}
	if !found {
		t.Fatal("no consumer span")
	}
}

func TestHandlerErrorBecomesTheReason(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]message.NoPublishHandlerFunc{
		"error": func(*message.Message) error { return errors.New("no such template") },
		"panic": func(*message.Message) error { panic("no such template") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := newBus(t)
			publish(t, js, "send.email.ada", "1", "x")
			var calls atomic.Int32
			runRouter(t, js, bus.RouterOptions{}, func(m *message.Message) error {
				calls.Add(1)
				return handler(m)
			})
			settled(t, js, "mailer")
			dead, err := bus.ReadDead(lastMessage(t, js, bus.StreamDead, "dead.>").Header)
			if err != nil || !strings.Contains(dead.Reason, "no such template") || calls.Load() != 3 {
				t.Fatalf("%+v, %v after %d calls", dead, err, calls.Load())
			}
		})
	}
}

// A handler that fails the first time gets the message again. Watermill's
// Deduplicator, which marks a message before its handler ran, would drop the
// retry and acknowledge a message that nobody handled.
func TestFailedMessageComesAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		extra []message.HandlerMiddleware
		calls int32
	}{
		"ours":                     {nil, 2},
		"watermill's Deduplicator": {[]message.HandlerMiddleware{(&middleware.Deduplicator{Timeout: time.Second, Repository: markAtOnce{seen: &sync.Map{}}}).Middleware}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := newBus(t)
			for range 2 { // published twice, stored once
				publish(t, js, "send.email.ada", "1", "x")
			}
			var calls atomic.Int32
			runRouter(t, js, bus.RouterOptions{}, func(*message.Message) error {
				if calls.Add(1) == 1 {
					return errors.New("not yet")
				}
				return nil
			}, c.extra...)
			settled(t, js, "mailer")
			if got := calls.Load(); got != c.calls {
				t.Fatalf("handled %d times, want %d", got, c.calls)
			}
		})
	}
}

func TestRouterLogsNeitherBodiesNorEveryMessage(t *testing.T) {
	t.Parallel()
	js := newBus(t)
	var out lockedBuffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo}))
	publishRange(t, js, "ada", 0, 20)
	r := runRouter(t, js, bus.RouterOptions{Logger: log}, func(*message.Message) error { return nil })
	settled(t, js, "mailer")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "" {
		t.Errorf("twenty messages and a close logged:\n%s", got)
	}
	bus.NewLogger(log).Error("Cannot publish messages", errors.New("full"), map[string]any{"not_sent_message": "secret", "topic": "t"})
	if got := out.String(); strings.Contains(got, "secret") || !strings.Contains(got, "topic=t") {
		t.Errorf("logged %s", got)
	}
}

// markAtOnce remembers as Watermill's own repository does, without the goroutine
// that the latter never stops.
type markAtOnce struct{ seen *sync.Map }

func (m markAtOnce) IsDuplicate(_ context.Context, key string) (bool, error) {
	_, seen := m.seen.LoadOrStore(key, true)
	return seen, nil
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
