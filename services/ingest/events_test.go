package ingest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"rapport/pkg/bus"
	"rapport/pkg/cloudevent"
	"rapport/pkg/telemetry/telemetrytest"
	"rapport/services/ingest"
)

// An event that names a trace of its own goes on in it; the others of the batch in that of the request.
func TestEventsOfABatchHaveTracesOfTheirOwn(t *testing.T) {
	t.Parallel()
	spans := telemetrytest.NewRecorder(t)
	var published recording
	h := newService(t, &published, func(o *ingest.Options) { o.TracerProvider = spans.TracerProvider() }).Handler()
	said := []string{
		`,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"shop=1"`,
		``,
		`,"traceparent":"nonsense"`,
	}
	items := make([]string, len(said))
	for i, more := range said {
		items[i] = fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"shop","type":"cart.viewed","subject":"ada"%s}`, i, more)
	}
	const request = "4bf92f3577b34da6a3ce929d0e0e4736"
	a := send(t, h, http.MethodPost, "/v1/cloudevents", []byte("["+strings.Join(items, ",")+"]"), map[string]string{
		"Content-Type": cloudevent.Batched, "Authorization": "Bearer secret", "Traceparent": "00-" + request + "-00f067aa0ba902b7-01",
	})
	if a.status != http.StatusOK || len(published.Messages()) != len(said) {
		t.Fatalf("answered %d %s, %d are published", a.status, a.body, len(published.Messages()))
	}
	for i, want := range []string{"0af7651916cd43dd8448eb211c80319c", request, request} {
		in := trace.SpanContextFromContext(bus.Extract(t.Context(), published.Messages()[i].Header))
		if in.TraceID().String() != want {
			t.Errorf("event %d is in trace %s, want %s", i, in.TraceID(), want)
		}
		if state := in.TraceState().String(); (state == "shop=1") != (i == 0) {
			t.Errorf("event %d has the state %q", i, state)
		}
	}
}

// BenchmarkCloudEvents posts batches of 500 events as an import does, compressed: customers, and orders.
func BenchmarkCloudEvents(b *testing.B) {
	for name, c := range map[string]struct{ typ, data string }{
		"profiles": {"profile.identified", `{"$profile":{"traits":{"city":"Berlin","country":"DE","email":"ada.lovelace@example.com","first_name":"Ada","last_name":"Lovelace","points":7}}}`},
		"orders":   {"order.completed", `{"order_id":"1001","total":39.80,"currency":"EUR","products":[{"product_id":"p-1","name":"Lamp, large","price":19.90,"quantity":2}]}`},
	} {
		b.Run(name, func(b *testing.B) {
			items := make([]string, 500)
			for i := range items {
				items[i] = fmt.Sprintf(`{"specversion":"1.0","id":"%s:%d","source":"import","type":%q,"subject":"c-%d","time":"2025-03-01T10:11:12Z","rapportpast":true,"datacontenttype":"application/json","data":%s}`,
					name, i, c.typ, i, c.data)
			}
			plain := []byte("[" + strings.Join(items, ",") + "]")
			var body bytes.Buffer
			w, _ := gzip.NewWriterLevel(&body, gzip.BestSpeed)
			if _, err := w.Write(plain); err != nil || w.Close() != nil {
				b.Fatal(err)
			}
			h := newService(b, nowhere{}, func(o *ingest.Options) { o.Linger = -1 }).Handler()
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				a := send(b, h, http.MethodPost, "/v1/cloudevents", body.Bytes(), map[string]string{
					"Content-Type": cloudevent.Batched, "Content-Encoding": "gzip", "Authorization": "Bearer secret",
				})
				if a.status != http.StatusOK {
					b.Fatalf("answered %d %s", a.status, a.body)
				}
			}
			b.ReportMetric(float64(len(items)*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
