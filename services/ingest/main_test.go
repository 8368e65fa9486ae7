package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
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

// recording is a Publisher that keeps what it is given, or refuses it.
type recording struct {
	mu   sync.Mutex
	msgs []*nats.Msg
	err  error
}

func (r *recording) PublishBatch(_ context.Context, msgs []*nats.Msg) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.msgs = append(r.msgs, msgs...)
	return nil
}

func (r *recording) events(t testing.TB) []event.Event {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []event.Event
	for _, m := range r.msgs {
		events = append(events, decode(t, m.Subject, m.Header, m.Data))
	}
	return events
}

// decode reads a published message and checks what must agree with the event in it.
func decode(t testing.TB, subject string, header nats.Header, data []byte) event.Event {
	t.Helper()
	e, err := event.Decode(data)
	if err != nil {
		t.Fatalf("what was published is no valid event: %v\n%s", err, data)
	}
	if id := header.Get(jetstream.MsgIDHeader); id != e.UID() {
		t.Errorf("the message id is %q, want the event's %q", id, e.UID())
	}
	if subject != bus.EventSubject(e.Key()) && !(bus.Placing{Partitions: 16}).Holds(subject, e.Key()) {
		t.Errorf("the subject %s is no place for the key %s", subject, e.Key())
	}
	return e
}

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
	events := r.events(t)
	if len(events) != 1 {
		t.Fatalf("%d events were published, want one", len(events))
	}
	return events[0]
}

// broker is a NATS server in this process, with the streams as in production.
type broker struct {
	server *embedded.Server
	js     jetstream.JetStream
}

func newBroker(t testing.TB, layout bus.Layout) *broker {
	t.Helper()
	if layout.MaxBytes == 0 {
		layout.MaxBytes = 256 << 20 // what tests need, and several brokers have room for
	}
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{server: srv}
	t.Cleanup(func() { b.shutdown(t) })
	nc, err := srv.Connect(bus.ConnOptions("ingest-test", nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if b.js, err = bus.JetStream(nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), b.js, layout); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *broker) shutdown(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := b.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// stored is what the stream of events holds, in its order.
func (b *broker) stored(t testing.TB) []event.Event {
	t.Helper()
	stream, err := b.js.Stream(t.Context(), bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, decode(t, m.Subject, m.Header, m.Data))
	}
	return events
}

// testdata is a file of the shared test data, which is not part of the repository.
func testdata(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join(repository(t), "..", "shared", "testdata")
	}
	body, err := os.ReadFile(filepath.Join(root, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no test data in %s: set RAPPORT_TESTDATA to the folder that has %s", root, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Skip("no go.work above this directory, so the shared test data cannot be found: set RAPPORT_TESTDATA")
		}
		dir = above
	}
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
