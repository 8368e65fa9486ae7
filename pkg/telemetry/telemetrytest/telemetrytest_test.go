package telemetrytest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/telemetry"
)

func TestChainAndLinks(t *testing.T) {
	t.Parallel()
	r := NewRecorder(t)
	tracer := telemetry.Tracer(r.TracerProvider(), "test")
	ctx, first := tracer.Start(t.Context(), "first")
	ctx, second := tracer.Start(ctx, "second")
	_, third := tracer.Start(ctx, "third")
	third.End()
	second.End()
	go first.End() // Span waits for it
	_, later := tracer.Start(context.Background(), "later", trace.WithLinks(trace.LinkFromContext(ctx)))
	later.End()

	spans := r.Chain(t, "first", "second", "third")
	Linked(t, r.Span(t, "later"), spans[1])

	broken := &failures{TB: t}
	r.Chain(broken, "first", "third")
	Linked(broken, r.Span(t, "later"), spans[0])
	if len(broken.texts) != 2 {
		t.Errorf("a broken chain and a missing link gave %q, want two failures", broken.texts)
	}
}

func TestNoSecretsLooksEverywhere(t *testing.T) {
	t.Parallel()
	const secret = "ada@example.com"
	for where, leak := range map[string]func(trace.Tracer){
		"name":      func(tr trace.Tracer) { span(tr, "send to "+secret).End() },
		"attribute": func(tr trace.Tracer) { end(tr, func(s trace.Span) { s.SetAttributes(attribute.String("to", secret)) }) },
		"list": func(tr trace.Tracer) {
			end(tr, func(s trace.Span) { s.SetAttributes(attribute.StringSlice("to", []string{"x", secret})) })
		},
		"status": func(tr trace.Tracer) { end(tr, func(s trace.Span) { s.SetStatus(codes.Error, "refused "+secret) }) },
		"error": func(tr trace.Tracer) {
			end(tr, func(s trace.Span) { s.RecordError(errors.New("550 ADA@example.com")) })
		},
		"event": func(tr trace.Tracer) { end(tr, func(s trace.Span) { s.AddEvent(secret) }) },
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			r := NewRecorder(t)
			leak(telemetry.Tracer(r.TracerProvider(), "test"))
			if found := leaks(r, nil, []string{secret}); len(found) != 1 {
				t.Errorf("found %q, want one leak", found)
			}
			if found := leaks(r, nil, []string{"grace@example.com", ""}); len(found) != 0 {
				t.Errorf("found %q, want none", found)
			}
		})
	}
	log, logs := NewLogger()
	log.Info("sent", "to", secret)
	log.Info("sent", "id", "42")
	if found := leaks(nil, logs, []string{secret}); len(found) != 1 {
		t.Errorf("found %q in the log, want one leak", found)
	}
	if found := leaks(nil, logs, []string{"grace@example.com"}); len(found) != 0 {
		t.Errorf("found %q in the log, want none", found)
	}
}

func span(tr trace.Tracer, name string) trace.Span {
	_, s := tr.Start(context.Background(), name)
	return s
}

func end(tr trace.Tracer, do func(trace.Span)) {
	s := span(tr, "work")
	do(s)
	s.End()
}

// failures keeps what a check says instead of failing the test.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Errorf(format string, _ ...any) { f.texts = append(f.texts, format) }
func (f *failures) Helper()                        {}

func TestLoggerWritesTraceIDs(t *testing.T) {
	t.Parallel()
	r := NewRecorder(t)
	log, logs := NewLogger()
	ctx, s := telemetry.Tracer(r.TracerProvider(), "test").Start(t.Context(), "work")
	log.InfoContext(ctx, "inside")
	s.End()
	if want := s.SpanContext().TraceID().String(); !slices.Contains(strings.Split(logs.String(), `"`), want) {
		t.Errorf("the line %s lacks trace id %s", logs, want)
	}
}
