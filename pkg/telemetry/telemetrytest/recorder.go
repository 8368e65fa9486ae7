package telemetrytest

import (
	"context"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// wait bounds how long Span waits for one that has not ended yet.
const wait = time.Minute

// Recorder keeps all spans of its TracerProvider. It is safe for concurrent use.
type Recorder struct {
	spans    *tracetest.SpanRecorder
	provider *sdktrace.TracerProvider

	mu    sync.Mutex
	ended chan struct{} // closed and replaced at the end of each span
}

// NewRecorder makes a recorder that is shut down at the end of the test.
func NewRecorder(t testing.TB) *Recorder {
	t.Helper()
	r := &Recorder{spans: tracetest.NewSpanRecorder(), ended: make(chan struct{})}
	r.provider = sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithSpanProcessor(r.spans),
		sdktrace.WithSpanProcessor(announcer{r}),
	)
	t.Cleanup(func() {
		if err := r.provider.Shutdown(context.Background()); err != nil {
			t.Errorf("shut the tracer provider down: %v", err)
		}
	})
	return r
}

// TracerProvider is what the code under test is given.
func (r *Recorder) TracerProvider() trace.TracerProvider { return r.provider }

// Ended are the spans that have ended, in that order.
func (r *Recorder) Ended() []sdktrace.ReadOnlySpan { return r.spans.Ended() }

// Named are the ended spans with a name.
func (r *Recorder) Named(name string) []sdktrace.ReadOnlySpan {
	var found []sdktrace.ReadOnlySpan
	for _, s := range r.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	return found
}

// Span is the one span with the name. It waits for it to end, at most 10 seconds, and fails
// the test when there is none or more than one by then.
func (r *Recorder) Span(t testing.TB, name string) sdktrace.ReadOnlySpan {
	t.Helper()
	deadline := time.After(wait)
	for {
		again := r.next()
		switch found := r.Named(name); len(found) {
		case 0:
		case 1:
			return found[0]
		default:
			t.Fatalf("there are %d spans named %q, want one", len(found), name)
		}
		select {
		case <-again:
		case <-deadline:
			t.Fatalf("no span named %q has ended; these have: %q", name, r.names())
		}
	}
}

func (r *Recorder) names() []string {
	var names []string
	for _, s := range r.Ended() {
		names = append(names, s.Name())
	}
	return names
}

func (r *Recorder) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

// announcer wakes those who wait for a span. It runs after the recorder has the span.
type announcer struct{ r *Recorder }

func (announcer) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (announcer) Shutdown(context.Context) error                  { return nil }
func (announcer) ForceFlush(context.Context) error                { return nil }

func (a announcer) OnEnd(sdktrace.ReadOnlySpan) {
	a.r.mu.Lock()
	defer a.r.mu.Unlock()
	close(a.r.ended)
	a.r.ended = make(chan struct{})
}
