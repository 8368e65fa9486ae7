package listener_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"rapport/pkg/bus"
	"rapport/pkg/bus/embedded"
	"rapport/pkg/bus/embedded/embeddedtest"
	"rapport/pkg/callback"
	"rapport/pkg/event"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/services/listener"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	publicURL = "https://hooks.shop.example/rapport"
	mid       = "0123456789abcdef0123456789abcdef"
	ref       = mid + ".7"
	patience  = 60 * time.Second
)

// moment is when the tests' callbacks come in.
var moment = time.Date(2026, 5, 4, 10, 30, 0, 0, time.UTC)

// broker is a NATS server in this process, with the streams as in production.
type broker struct {
	server *embedded.Server
	js     jetstream.JetStream
}

func newBroker(t testing.TB) *broker {
	t.Helper()
	srv, err := embedded.Start(embedded.Options{StoreDir: embeddedtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{server: srv}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	nc, err := srv.Connect(bus.ConnOptions("listener-test", nil)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if b.js, err = bus.JetStream(nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), b.js, bus.Layout{}); err != nil {
		t.Fatal(err)
	}
	return b
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
		if err != nil {
			t.Fatal(err)
		}
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

func (r *recording) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
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

// noncesInMemory stand for the bucket where a test is not about it.
type noncesInMemory struct {
	mu   sync.Mutex
	have map[string]string
}

func (n *noncesInMemory) Claim(_ context.Context, nonce, digest string) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.have == nil {
		n.have = map[string]string{}
	}
	if had, ok := n.have[nonce]; ok {
		return had == digest, nil
	}
	n.have[nonce] = digest
	return true, nil
}

// findOne knows one message, and every id of a provider's as that one.
func findOne(_ context.Context, r message.Ref) (feedback.Origin, error) {
	if r.String() != ref {
		return feedback.Origin{}, nil
	}
	return feedback.Origin{
		Profile: "customer-17", Journey: "win-back", Instance: "i1", Step: "mail", Template: "miss-you", Category: message.Marketing,
		Trace: "4bf92f3577b34da6a3ce929d0e0e4736",
	}, nil
}

// site is a listener that runs, and the metrics that it makes.
type site struct {
	url    string
	reader *sdkmetric.ManualReader
}

// start runs a listener for all providers.
func start(t testing.TB, p listener.Publisher, change func(*listener.Options)) *site {
	t.Helper()
	s := &site{reader: sdkmetric.NewManualReader()}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	o := listener.Options{
		Addr: "127.0.0.1:0", Providers: map[string]callback.Config{}, PublicURL: publicURL, Publisher: p, Find: findOne,
		Nonces: &noncesInMemory{}, Amazon: &fakeAmazon{}, Now: func() time.Time { return moment }, MeterProvider: provider,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, p := range callback.Providers() {
		o.Providers[p.Name] = newSigner(p.Name).cfg
	}
	if change != nil {
		change(&o)
	}
	service, err := listener.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-service.Ready():
	case err := <-ended:
		t.Fatal(err)
	}
	s.url = "http://" + service.Addr()
	return s
}

// answer is what the listener said.
type answer struct {
	status int
	header http.Header
	body   string
}

// send posts a request that was signed for the public URL.
func (s *site) send(t testing.TB, c call) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, s.url+c.target, bytes.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// want sends a request and checks the status.
func (s *site) want(t testing.TB, status int, c call) answer {
	t.Helper()
	a := s.send(t, c)
	if a.status != status {
		t.Fatalf("answered %d %q, want %d", a.status, a.body, status)
	}
	return a
}

// count is a counter's sum over the points that have the attribute "outcome" so.
func (s *site) count(t testing.TB, counter, outcome string) int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			data, ok := m.Data.(metricdata.Sum[int64])
			if m.Name != counter || !ok {
				continue
			}
			for _, point := range data.DataPoints {
				if have, _ := point.Attributes.Value("outcome"); have.AsString() == outcome {
					sum += point.Value
				}
			}
		}
	}
	return sum
}

// testdata is a file of the shared test data, which is not part of the repository.
func testdata(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for !exists(filepath.Join(dir, "go.work")) {
			if dir == filepath.Dir(dir) {
				t.Skip("no go.work above this package: set RAPPORT_TESTDATA to run this test")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared", "testdata")
	}
	raw, err := os.ReadFile(filepath.Join(root, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is absent in %s; set RAPPORT_TESTDATA to where the test data is", name, root)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
