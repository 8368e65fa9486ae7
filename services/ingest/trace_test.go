package ingest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/bus/bustest"
	"rapport/pkg/telemetry/telemetrytest"
	"rapport/services/ingest"
)

// secrets are in the bodies below and may be nowhere else.
var secrets = []string{"ada@example.com", "7700900123", "10 Downing", "192.0.2.55", "secret", "Basic"}

const withSecrets = `{"messageId":"m1","userId":"c1","event":"Order Completed",
	"properties":{"order_id":"o1","note":"for 10 Downing Street"},
	"context":{"ip":"192.0.2.55","traits":{"email":"ada@example.com","phone":"+447700900123"}}}`

func TestOneTraceFromTheSenderToTheMessage(t *testing.T) {
	t.Parallel()
	b := bustest.Start(t, bus.Layout{})
	spans := telemetrytest.NewRecorder(t)
	log, logs := telemetrytest.NewLogger()
	h := newService(t, ingest.NewBroker(b.JS), func(o *ingest.Options) { o.TracerProvider = spans.TracerProvider(); o.Logger = log }).Handler()

	const sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	a := send(t, h, http.MethodPost, "/v1/track", []byte(withSecrets), map[string]string{
		"Authorization": "Bearer secret", "Traceparent": sender, "X-Forwarded-For": "192.0.2.55",
	})
	if a.status != http.StatusOK {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	chain := spans.Chain(t, "POST /v1/track", "publish events")
	if got := chain[0].Parent().TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the request is in trace %s, want the sender's", got)
	}
	if chain[0].SpanKind() != trace.SpanKindServer || chain[1].SpanKind() != trace.SpanKindProducer {
		t.Errorf("the kinds are %s and %s", chain[0].SpanKind(), chain[1].SpanKind())
	}
	stream, err := b.JS.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	inMessage := trace.SpanContextFromContext(bus.Extract(context.Background(), msg.Header))
	if inMessage.SpanID() != chain[1].SpanContext().SpanID() || inMessage.TraceID() != chain[1].SpanContext().TraceID() {
		t.Errorf("the message carries %v, want the publishing span", propagation.MapCarrier{"traceparent": msg.Header.Get("traceparent")})
	}
	telemetrytest.NoSecrets(t, spans, logs, secrets...)
}

func TestNothingPersonalIsToldOfRefusals(t *testing.T) {
	t.Parallel()
	spans := telemetrytest.NewRecorder(t)
	log, logs := telemetrytest.NewLogger()
	r := &recording{}
	h := newService(t, r, func(o *ingest.Options) { o.TracerProvider = spans.TracerProvider(); o.Logger = log }).Handler()
	bearer := map[string]string{"Authorization": "Bearer secret", "X-Forwarded-For": "192.0.2.55"}
	for path, body := range map[string]string{
		"/v1/track":      `{"event":"x","userId":{"email":"ada@example.com"}}`,
		"/v1/identify":   `{"userId":"c1","traits":{"email":"ada@example.com","phone":447700900123}}`,
		"/v1/page":       `"ada@example.com`,
		"/v1/batch":      `{"batch":[{"type":"ada@example.com","userId":"c1"}]}`,
		"/v2/10 Downing": `{}`,
	} {
		if path == "/v2/10 Downing" {
			path = "/v2/none"
		}
		if a := send(t, h, http.MethodPost, path, []byte(body), bearer); a.status < 400 || a.status > 499 {
			t.Errorf("%s answered %d", path, a.status)
		}
	}
	r.Fail(errors.New("the broker is gone"))
	if a := send(t, h, http.MethodPost, "/v1/track", []byte(withSecrets), bearer); a.status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", a.status)
	}
	spans.Span(t, "publish events")
	telemetrytest.NoSecrets(t, spans, logs, secrets...)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	r := &recording{}
	h := newService(t, r, func(o *ingest.Options) { o.MeterProvider = mp }).Handler()
	post(t, h, "/v1/batch", `{"batch":[
		{"type":"track","userId":"c1","event":"Order Completed","properties":{"order_id":"o1"}},
		{"type":"track","userId":"c1","event":"Anything At All"},
		{"type":"track","userId":"c1","event":"Another Thing"},
		{"type":"track","userId":"c1"}]}`)
	post(t, h, "/v1/batch", `{"batch":[5,6]}`)
	post(t, h, "/v1/track", "no JSON")
	send(t, h, http.MethodPost, "/v1/track", []byte(`{}`), nil)
	r.Fail(errors.New("the broker is gone"))
	post(t, h, "/v1/track", withSecrets)

	got := counters(t, reader)
	for want, n := range map[string]int64{
		"ingest.accepted source=shop type=order.completed": 1,
		"ingest.accepted source=shop type=other":           2,
		"ingest.rejected reason=invalid":                   3,
		"ingest.rejected reason=malformed":                 1,
		"ingest.rejected reason=unauthorized":              1,
		"ingest.rejected reason=broker_gone":               1,
	} {
		if got[want] != n {
			t.Errorf("%s is %d, want %d", want, got[want], n)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("also counted: %v", got)
	}
}

func counters(t *testing.T, reader *sdkmetric.ManualReader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || scope.Scope.Name != "rapport/ingest" {
				continue
			}
			for _, p := range sum.DataPoints {
				name := m.Name
				for _, kv := range p.Attributes.ToSlice() {
					name += " " + string(kv.Key) + "=" + attributeText(kv.Value)
				}
				got[name] = p.Value
			}
		}
	}
	return got
}

func attributeText(v attribute.Value) string { return v.String() }
