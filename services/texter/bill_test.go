package texter

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

// TestRecipient: numbers reach Twilio in E.164, however they came.
func TestRecipient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ to, region, want string }{
		{"+447700900123", "", number},
		{"+44 7700 900123", "", number},
		{"0044 (0)7700-900123", "", number},
		{"07700 900123", "GB", number},
		{"+44 7700 900123", "DE", number},
		{"0151 23456789", "DE", "+4915123456789"},
	} {
		for _, channel := range []message.Channel{message.SMS, message.WhatsApp} {
			s := startTwilio(t, nil)
			x := newTexter(t, s, func(o *Options) { o.Region, o.Channel = func() string { return c.region }, channel })
			cmd := command("m1")
			cmd.To, cmd.Channel = c.to, channel
			if _, err := try(t, x, cmd); err != nil {
				t.Errorf("%q in %q: %v", c.to, c.region, err)
				continue
			}
			want := c.want
			if channel == message.WhatsApp {
				want = onWhatsApp + want
			}
			if got := s.requests()[0].Get("To"); got != want {
				t.Errorf("%q in %q goes to %q, want %q", c.to, c.region, got, want)
			}
		}
	}
}

// curly has more than 70 characters, and no other that is not in the GSM alphabet.
var curly = "It’s “20 % off” – " + strings.Repeat("a", 80)

// TestSmartEncoding: what costs segments is exchanged, unless that is switched off.
func TestSmartEncoding(t *testing.T) {
	t.Parallel()
	straight := "It's \"20 % off\" - " + strings.Repeat("a", 80)
	for name, c := range map[string]struct {
		body, want string
		change     func(*Options)
	}{
		"costs a segment": {curly, straight, nil},
		"costs nothing":   {"It’s “on”", "It’s “on”", nil},
		"saves nothing":   {curly + "😀", curly + "😀", nil},
		"verbatim":        {curly, curly, func(o *Options) { o.Verbatim = true }},
		"WhatsApp":        {curly, curly, func(o *Options) { o.Channel = message.WhatsApp }},
	} {
		s := startTwilio(t, nil)
		x := newTexter(t, s, func(o *Options) {
			o.Render = func(context.Context, *message.Command) (render.SMS, error) {
				return render.SMS{From: "Bluem", Body: c.body}, nil
			}
			if c.change != nil {
				c.change(o)
			}
		})
		if _, err := try(t, x, command("m1")); err != nil {
			t.Fatal(err)
		}
		if got := s.requests()[0].Get("Body"); got != c.want {
			t.Errorf("%s: sent %q, want %q", name, got, c.want)
		}
	}
}

// TestSegments: those of messages that Twilio took are counted, and the span tells them.
func TestSegments(t *testing.T) {
	t.Parallel()
	reader, spans := metric.NewManualReader(), tracetest.NewInMemoryExporter()
	s := startTwilio(t, func(w http.ResponseWriter, n int) bool {
		if n > 1 {
			refuse(w, 400, 21610, "Attempt to send to unsubscribed recipient")
		}
		return n > 1
	})
	x := newTexter(t, s, func(o *Options) {
		o.Delivery.Meter = metric.NewMeterProvider(metric.WithReader(reader))
		o.Render = func(context.Context, *message.Command) (render.SMS, error) {
			return render.SMS{From: "Bluem", Body: curly + strings.Repeat("b", 100)}, nil
		}
	})
	tracer := trace.NewTracerProvider(trace.WithSyncer(spans)).Tracer("test")
	for range 2 { // the second is refused
		hand, err := x.Render(t.Context(), command("m1"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, span := tracer.Start(t.Context(), "send")
		_, _ = hand(ctx)
		span.End()
	}
	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, scope := range got.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && scope.Scope.Name == "rapport/texter" {
				for _, p := range sum.DataPoints {
					encoding, _ := p.Attributes.Value("encoding")
					counts[m.Name+" "+encoding.AsString()] += p.Value
				}
			}
		}
	}
	// 198 characters: two segments of GSM-7, three of UCS-2.
	if counts["texter.segments GSM-7"] != 2 || counts["texter.segments.saved "] != 1 || len(counts) != 2 {
		t.Errorf("counted %v", counts)
	}
	for _, span := range spans.GetSpans() {
		set := attribute.NewSet(span.Attributes...)
		segments, _ := set.Value("rapport.sms.segments")
		if encoding, _ := set.Value("rapport.sms.encoding"); segments.AsInt64() != 2 || encoding.AsString() != "GSM-7" {
			t.Errorf("the span has %v", span.Attributes)
		}
	}
	if n := len(spans.GetSpans()); n != 2 {
		t.Errorf("%d spans", n)
	}
}
