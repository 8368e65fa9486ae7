package listener_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/goleak"

	"rapport/pkg/bus/bustest"
	"rapport/pkg/callback"
	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/telemetry/telemetrytest"
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

// recording is a Publisher.
type recording = bustest.Recording

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
	return telemetrytest.Count(t, s.reader, counter, attribute.String("outcome", outcome))
}
