package ingest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/bus/bustest"
	"rapport/pkg/event"
	"rapport/services/ingest"
)

// A server that is stopped while a stream is being made, or on a busy machine, ends the stream's own goroutines later
// than it says, and nothing tells when. A server that nobody stopped would leave its others too.
func TestMain(m *testing.M) {
	const server = "github.com/nats-io/nats-server/v2/server."
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction(server+"(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreTopFunction(server+"(*msgBlock).flushLoop"),
		goleak.IgnoreTopFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"))
}

// received is what the clock of a door under test says.
var received = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// recording is a Publisher.
type recording = bustest.Recording

// newService makes a service over a publisher, with the key "secret" for the source "shop".
func newService(t testing.TB, p ingest.Publisher, change func(*ingest.Options)) *ingest.Service {
	t.Helper()
	keys, err := ingest.ParseKeys("shop:secret,other:different")
	if err != nil {
		t.Fatal(err)
	}
	o := ingest.Options{Publisher: p, Keys: keys, Now: func() time.Time { return received }}
	if change != nil {
		change(&o)
	}
	s, err := ingest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answer is what a door said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into decodes the answer.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("the answer %s is not JSON: %v", a.body, err)
	}
}

// post sends a body with the write key.
func post(t testing.TB, h http.Handler, path, body string) answer {
	t.Helper()
	return send(t, h, http.MethodPost, path, []byte(body), map[string]string{
		"Content-Type": "application/json", "Authorization": "Bearer secret",
	})
}

func send(t testing.TB, h http.Handler, method, path string, body []byte, headers map[string]string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

func zipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// only is the one event that was published.
func only(t testing.TB, r *recording) event.Event {
	t.Helper()
	events := r.Events(t)
	if len(events) != 1 {
		t.Fatalf("%d events were published, want one", len(events))
	}
	return events[0]
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func itoa(n int) string { return strconv.Itoa(n) }
