package portal_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rapport/pkg/link"
	"rapport/services/portal"
)

// safeBuffer is written to by all who log.
type safeBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// A token is all that somebody needs to speak for a person: neither spans nor logs hold one, nor addresses. Traces go on
// with the events.
func TestSecretsStayOutOfSpansAndLogs(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	logs := &safeBuffer{}
	p := newRecording()
	r := start(t, p, func(o *portal.Options) {
		o.TracerProvider = provider
		o.Logger = slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	tokens := map[string]string{
		"/c/": seal(t, ticket(link.Click)), "/o/": seal(t, ticket(link.Open)) + ".gif", "/u/": seal(t, ticket(link.Unsubscribe)),
		"/p/": seal(t, ticket(link.Preferences)), "/k/": seal(t, ticket(link.Confirm, about("newsletter"))),
	}
	visit := func() {
		for path, token := range tokens {
			r.get(t, path+token)
			r.send(t, http.MethodPost, path+token, url.Values{"less": {"1"}}, map[string]string{"Origin": r.base})
			r.get(t, path+token[1:])
		}
	}
	visit()
	p.Fail(errAway)
	visit()
	p.Fail(nil)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	told := logs.all.String()
	if !strings.Contains(told, "not stored") {
		t.Fatalf("the logs do not tell of the failures:\n%s", told)
	}
	for _, s := range spans.Ended() {
		told += fmt.Sprintln(s.Name(), s.Attributes(), s.Events(), s.Status())
	}
	if len(spans.Ended()) != 30 || !strings.Contains(told, "GET /c/{token}") {
		t.Errorf("%d spans", len(spans.Ended()))
	}
	secrets := []string{"ada@", "+4477", "127.0.0.1", "iPhone"}
	for _, token := range tokens {
		secrets = append(secrets, token[1:20])
	}
	for _, secret := range secrets {
		if at := strings.Index(told, secret); at >= 0 {
			t.Errorf("%q is told: …%s", secret, told[max(0, at-100):at+20])
		}
	}
	for _, m := range p.Messages() {
		if m.Header.Get("traceparent") == "" {
			t.Errorf("no trace goes on with %s", m.Data)
		}
	}
}
