package stack_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/telemetry/telemetrytest"
	"rapport/services/catcher"
	"rapport/services/ingest"
	"rapport/services/rapport/stack"
	"rapport/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// open starts a whole stack in a directory of the test's.
func open(t *testing.T, change func(*stack.Config)) *stack.Stack {
	t.Helper()
	keys, err := ingest.ParseKeys("shop:key")
	if err != nil {
		t.Fatal(err)
	}
	cfg := stack.Config{Dir: t.TempDir(), Starter: templates.FS, Keys: keys, Partitions: 4}
	if change != nil {
		change(&cfg)
	}
	st, err := stack.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := st.Close(closing); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return st
}

// post sends one order of ada's.
func post(t *testing.T, st *stack.Stack, id string) {
	t.Helper()
	tell(t, st, id, "sms", true)
}

// tell is an order of ada's with what she agrees to, or does not any more.
func tell(t *testing.T, st *stack.Stack, id, channel string, granted bool) {
	t.Helper()
	place(t, st, id, `{"channel":"`+channel+`","purpose":"marketing","granted":`+strconv.FormatBool(granted)+`,"source":"test"}`)
}

// order is an order of ada's, who says nothing about what she agrees to.
func order(t *testing.T, st *stack.Stack, id string) {
	t.Helper()
	place(t, st, id, "")
}

func place(t *testing.T, st *stack.Stack, id, consent string) {
	t.Helper()
	body := `{"userId":"ada","event":"Order Completed","messageId":"` + id + `",
		"context":{"traits":{"firstName":"Ada <b>","email":"ada@example.com","phone":"+447700900123"}, "consent":[` + consent + `]},
		"properties":{"order_id":"` + id + `","total":27.5,"currency":"GBP","products":[{"product_id":"22423","name":"Regency cake stand","price":12.75,"quantity":2}]}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+st.Ingest.Addr()+"/v1/track", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("key", "")
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // Nothing is read from it.
	if resp.StatusCode != http.StatusOK {
		var b bytes.Buffer
		_, _ = b.ReadFrom(resp.Body)
		t.Fatalf("the door answered %d: %s", resp.StatusCode, b.String())
	}
}

// caught waits for the n-th message that matches the filter.
func caught(t *testing.T, st *stack.Stack, f catcher.Filter, n int) catcher.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f.After = -1
	for {
		moved := st.Orchestrator.Moved()
		list, err := st.Catcher.Messages(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) >= n {
			return list[n-1]
		}
		select {
		case <-moved: // A receipt follows every message.
		case <-ctx.Done():
			t.Fatalf("%d messages of %+v, want %d", len(list), f, n)
		}
	}
}

// One order is one trace, from the request to the mail server's answer and the receipt;
// what follows weeks later is another one, linked to it. No span knows an address.
func TestOneTraceFromOrderToMail(t *testing.T) {
	t.Parallel()
	recorder := telemetrytest.NewRecorder(t)
	st := open(t, func(c *stack.Config) {
		c.Traces = recorder.TracerProvider()
		c.Workspace = hurriedWorkspace(t)
	})
	post(t, st, "A1")
	mail := caught(t, st, catcher.Filter{Channel: "email"}, 1)
	content, err := st.Catcher.Read(t.Context(), mail.ID)
	if err != nil {
		t.Fatal(err)
	}
	for part, text := range map[string]string{"html": content.HTML, "text": content.Text} {
		if !strings.Contains(text, "Ada") || !strings.Contains(text, "Regency cake stand") || !strings.Contains(text, "27.50") {
			t.Errorf("the %s part lacks the name, the product or the total:\n%s", part, text)
		}
	}
	if strings.Contains(content.HTML, "<b>") && strings.Contains(content.HTML, "Ada <b>") {
		t.Error("a customer's name reached the HTML unescaped")
	}
	chain := recorder.Chain(t, "POST /v1/track", "publish events", "apply order.completed", "decide thank-you",
		"process send.email.*", "smtp send")
	_ = caught(t, st, catcher.Filter{Channel: "sms"}, 1)
	receipts := 0
	for _, span := range recorder.Named("apply message.sent") {
		if span.SpanContext().TraceID() == chain[0].SpanContext().TraceID() {
			receipts++
		}
	}
	if receipts != 1 {
		t.Errorf("%d receipts were applied in the order's trace, want the one of its mail", receipts)
	}
	telemetrytest.Linked(t, recorder.Span(t, "decide win-back"), chain[2])
	telemetrytest.NoSecrets(t, recorder, nil, "ada@example.com", "7700900123", "Regency", "Ada")
}

// hurriedWorkspace is the starter with a win-back that sends a text after a second, at
// night too.
func hurriedWorkspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, templates.FS); err != nil {
		t.Fatal(err)
	}
	journey := `
journey: win-back
title: A hurried one
category: marketing
status: active
enter: {on: order.completed, again: always, meanwhile: restart}
steps:
  - {id: quiet, wait: {for: 1s}}
  - {id: second, send: {sms: win-back}}
`
	for name, text := range map[string]string{"journeys/win-back.yaml": journey, "policy.yaml": "quiet_hours: {sms: none}\n"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
