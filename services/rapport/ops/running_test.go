package ops_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/pkg/bus"
	"rapport/pkg/telemetry"
	"rapport/services/catcher"
	"rapport/services/ingest"
	"rapport/services/rapport/ops"
	"rapport/services/rapport/ops/watch"
	"rapport/services/rapport/stack"
	"rapport/templates"
)

// running is a whole stack with the endpoint beside it, as `rapport up` has it.
type running struct {
	*stack.Stack
	ops   *ops.Server
	seen  *telemetry.Providers
	names *names
}

// run starts it. The environment says where traces go, if anywhere.
func run(t *testing.T) *running {
	t.Helper()
	seen, err := telemetry.Setup(t.Context(), telemetry.Options{Service: "rapport", Version: "1.2.3", Scrape: true})
	if err != nil {
		t.Fatal(err)
	}
	meters := &names{MeterProvider: seen.Metrics, unit: map[string]string{}, counter: map[string]bool{}}
	keys, err := ingest.ParseKeys("shop:key")
	if err != nil {
		t.Fatal(err)
	}
	cfg := stack.Config{Dir: t.TempDir(), Starter: templates.FS, Keys: keys, Partitions: 4, Traces: seen.Traces, Meters: meters}
	doors(&cfg)
	cfg.Feeds = sells(t)
	st, err := stack.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Stack: st, seen: seen, names: meters}
	looking, err := watch.New(watch.Options{JS: st.JS, Store: st.Store, Meters: meters, Fresh: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.ops, err = ops.New(ops.Options{
		Addr: "127.0.0.1:0", Metrics: seen.Scrape, Meters: meters, Version: "1.2.3",
		Checks: []ops.Check{ops.Broker(st.JS, bus.StreamEvents), ops.Store(st.Store), ops.Started("orchestrator", st.Orchestrator.Ready()), ops.Share(st.Orchestrator.Steady)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r.ops.Drain()
		if err := errors.Join(looking.Close(), st.Close(closing), seen.Shutdown(closing)); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// order sends an order of a customer's and waits until its mail was caught.
func (r *running) order(t *testing.T, traceparent string) {
	t.Helper()
	r.post(t, traceparent, `{"userId":"ada","event":"Order Completed","messageId":"A1",
		"context":{"traits":{"firstName":"Ada","email":"ada@example.com","phone":"+447700900123"},
			"consent":[{"channel":"sms","purpose":"marketing","granted":true,"source":"test"}]},
		"properties":{"order_id":"A1","total":27.5,"currency":"GBP","products":[{"product_id":"22423","name":"Regency cake stand","price":12.75,"quantity":2}]}}`, http.StatusOK)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		moved := r.Orchestrator.Moved()
		list, err := r.Catcher.Messages(ctx, catcher.Filter{Channel: "email", After: -1})
		if err != nil {
			t.Fatal(err)
		}
		left, err := r.Store.Unfinished(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 && left.Messages == 0 {
			return
		}
		select {
		case <-moved: // A receipt follows every message.
		case <-ctx.Done():
			t.Fatalf("%d mails were caught and %d messages have no outcome; want one mail with its receipt", len(list), left.Messages)
		}
	}
}

func (r *running) post(t *testing.T, traceparent, body string, want int) {
	t.Helper()
	r.postTo(t, "/v1/track", traceparent, body, want)
}

func (r *running) postTo(t *testing.T, path, traceparent, body string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.Ingest.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("key", "")
	req.Header.Set("Content-Type", "application/json")
	if traceparent != "" {
		req.Header.Set("traceparent", traceparent)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Nothing is read from it.
	if resp.StatusCode != want {
		t.Fatalf("the door answered %d, want %d", resp.StatusCode, want)
	}
}

// scrape is what Prometheus is told.
func (r *running) scrape(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	r.ops.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("/metrics answers %d", w.Code)
	}
	return w.Body.String()
}
