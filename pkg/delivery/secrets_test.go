package delivery_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"pgregory.net/rapid"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
)

// TestNothingLeaks: a provider that repeats the address in each answer finds it in no log,
// span, metric or receipt.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	spans := tracetest.NewSpanRecorder()
	reader := metric.NewManualReader()
	words := fmt.Errorf("451 4.7.1 <%s>: mailbox of JANE.DOE busy, call +44 7700 900123", address)
	r := &road{script: []error{delivery.Transient(words), delivery.Unavailable(words), delivery.Unknown(words)}}
	b := newBench(t, newLedger(), r, func(o *delivery.Options) {
		o.Logger = slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		o.Meter = metric.NewMeterProvider(metric.WithReader(reader))
	})
	b.deliver(t, mailCommand("m1", message.Marketing))
	b.road.render = errors.New("cannot print " + address)
	b.deliver(t, mailCommand("m2", message.Marketing))

	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	metrics, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	receipts, _ := b.out.receipts(t)
	if len(spans.Ended()) != 5 { // render, three attempts, render
		t.Errorf("%d spans, want 5", len(spans.Ended()))
	}
	for where, text := range map[string]string{
		"logs":     logs.String(),
		"spans":    fmt.Sprintf("%+v", tracetest.SpanStubsFromReadOnlySpans(spans.Ended())),
		"metrics":  string(metrics),
		"receipts": fmt.Sprintf("%+v", receipts),
	} {
		for _, secret := range []string{"jane.doe", "example.com", "900123", "7700 900"} {
			if strings.Contains(strings.ToLower(text), secret) {
				t.Errorf("%s contain %q:\n%s", where, secret, text)
			}
		}
		if !strings.Contains(text, "busy") && where != "metrics" {
			t.Errorf("%s lack the provider's harmless words:\n%s", where, text)
		}
	}
}

// TestMetrics counts what an operator asks for.
func TestMetrics(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	r := &road{script: []error{nil, delivery.Permanent(message.ReasonRejected, "554"), delivery.Unknown(errors.New("eof"))}}
	b := newBench(t, newLedger(), r, func(o *delivery.Options) { o.Meter = metric.NewMeterProvider(metric.WithReader(reader)) })
	for _, id := range []string{"m1", "m2", "m3", "m1"} {
		c := mailCommand(id, message.Transactional)
		if id != "m3" { // A timer decided that one.
			c.EventAt = decided
		}
		b.deliver(t, c)
	}
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch d := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range d.DataPoints {
				outcome, _ := p.Attributes.Value("outcome")
				reason, _ := p.Attributes.Value("reason")
				got[strings.Trim(m.Name+" "+outcome.AsString()+" "+reason.AsString(), " ")] += p.Value
			}
		case metricdata.Histogram[float64]:
			got[m.Name] += int64(d.DataPoints[0].Count)
			if want := float64(d.DataPoints[0].Count); d.DataPoints[0].Sum != want { // one second each
				t.Errorf("latencies sum up to %v s, want %v", d.DataPoints[0].Sum, want)
			}
		}
	}
	want := map[string]int64{
		"delivery.messages sent": 2, "delivery.messages failed rejected": 1,
		"delivery.uncertain": 1, "delivery.repeats": 1, "delivery.latency": 2,
		"delivery.event.to.handoff": 1,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ words, to, want string }{
		{"550 5.1.1 <jane@example.com>: no such user", "jane@example.com", "550 5.1.1 <<address>>: no such user"},
		{"550 Jane@EXAMPLE.com unknown", "jane@example.com", "550 <address> unknown"},
		{"no mailbox jane here", "jane@example.com", "no mailbox <address> here"},
		{"see http://x.test/?r=jane%40example.com", "bob@example.com", "see http:<address>"},
		{"forwarded to boss@corp.test", "jane@example.com", "forwarded to <address>"},
		{"Invalid 'To' Phone Number: +4477009001XX", "+447700900123", "Invalid 'To' Phone Number: <number>XX"},
		{"The 'To' number +447700900123 is not valid", "+447700900123", "The 'To' number <number> is not valid"},
		{"The 'To' number 447700900123 is not valid", "+447700900123", "The 'To' number <number> is not valid"},
		{"call +1 (555) 010-9999 now", "+447700900123", "call <number> now"},
		{"two\r\nlines\tand tabs", "a@b.test", "two lines and tabs"},
		{"451 4.7.1 greylisted, try in 300 s", "jane@example.com", "451 4.7.1 greylisted, try in 300 s"},
	} {
		if got := delivery.Scrub(tc.words, tc.to); got != tc.want {
			t.Errorf("Scrub(%q)\n got %q\nwant %q", tc.words, got, tc.want)
		}
	}
}

func TestScrubNeverKeepsTheRecipient(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		to := rapid.StringMatching(`[a-z]{3,12}(\.[a-z]{1,8})?@[a-z]{3,10}\.(test|example)`).Draw(t, "to")
		before := rapid.String().Draw(t, "before")
		after := rapid.String().Draw(t, "after")
		got := delivery.Scrub(before+to+after, to)
		if strings.Contains(strings.ToLower(got), to) {
			t.Fatalf("%q is left in %q", to, got)
		}
		if len(got) > 200 || strings.ContainsAny(got, "\r\n") {
			t.Fatalf("%q has %d bytes or several lines", got, len(got))
		}
	})
}
