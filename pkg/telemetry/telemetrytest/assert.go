package telemetrytest

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"rapport/pkg/telemetry"
)

// Chain fails the test unless each span is the parent of the next one, in one trace.
// It returns the spans in the order of the names.
func (r *Recorder) Chain(t testing.TB, names ...string) []sdktrace.ReadOnlySpan {
	t.Helper()
	spans := make([]sdktrace.ReadOnlySpan, len(names))
	for i, name := range names {
		spans[i] = r.Span(t, name)
		if i == 0 {
			continue
		}
		above, here := spans[i-1].SpanContext(), spans[i].Parent()
		if above.TraceID() != here.TraceID() || above.SpanID() != here.SpanID() {
			t.Errorf("the parent of span %q is %s in trace %s, want %q, which is %s in trace %s",
				name, here.SpanID(), here.TraceID(), names[i-1], above.SpanID(), above.TraceID())
		}
	}
	return spans
}

// Linked fails the test unless the span from has a link to the span to.
func Linked(t testing.TB, from, to sdktrace.ReadOnlySpan) {
	t.Helper()
	for _, l := range from.Links() {
		if l.SpanContext.TraceID() == to.SpanContext().TraceID() && l.SpanContext.SpanID() == to.SpanContext().SpanID() {
			return
		}
	}
	t.Errorf("span %q has no link to %q among its %d links", from.Name(), to.Name(), len(from.Links()))
}

// Logs is what a logger wrote. It is safe for concurrent use.
type Logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// NewLogger is a logger of JSON lines at all levels, with trace ids as in production.
func NewLogger() (*slog.Logger, *Logs) {
	logs := &Logs{}
	h := slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})
	return slog.New(telemetry.LogHandler(h)), logs
}

// Write takes a line.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is all that was written.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// NoSecrets fails the test when a span or a log line contains one of the secrets:
// addresses, phone numbers, message bodies, keys. Either recorder or logs may be nil.
func NoSecrets(t testing.TB, r *Recorder, logs *Logs, secrets ...string) {
	t.Helper()
	for _, leak := range leaks(r, logs, secrets) {
		t.Error(leak)
	}
}

func leaks(r *Recorder, logs *Logs, secrets []string) []string {
	var found []string
	look := func(where, text string) {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				found = append(found, fmt.Sprintf("%s contains %q: %s", where, secret, text))
			}
		}
	}
	if logs != nil {
		for line := range strings.Lines(logs.String()) {
			look("a log line", strings.TrimSuffix(line, "\n"))
		}
	}
	if r == nil {
		return found
	}
	for _, s := range r.Ended() {
		where := fmt.Sprintf("span %q", s.Name())
		look(where+", its name,", s.Name())
		look(where+", its status,", s.Status().Description)
		attributes(look, where, s.Attributes())
		for _, e := range s.Events() {
			look(where+", an event's name,", e.Name)
			attributes(look, where+", event "+e.Name, e.Attributes)
		}
		for _, l := range s.Links() {
			attributes(look, where+", a link", l.Attributes)
		}
	}
	return found
}

func attributes(look func(where, text string), where string, attrs []attribute.KeyValue) {
	for _, a := range attrs {
		look(where+", an attribute's name,", string(a.Key))
		look(where+", attribute "+string(a.Key)+",", a.Value.String())
	}
}
