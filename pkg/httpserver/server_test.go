package httpserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/pkg/httpserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the deadline of every wait in these tests.
const patience = 60 * time.Second

// options are those of a small server; the handler answers at once.
func options(change func(*httpserver.Options)) httpserver.Options {
	o := httpserver.Options{
		Name: "door", Addr: "127.0.0.1:0", ReadWithin: patience, WriteWithin: patience, IdleWithin: patience, DrainWithin: patience,
		HeaderBytes: 4 << 10, Logger: slog.New(slog.DiscardHandler),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
	}
	if change != nil {
		change(&o)
	}
	return o
}

// run starts a server. stop ends it once, also when the test does, and returns what Run did.
func run(t *testing.T, change func(*httpserver.Options)) (*httpserver.Server, func() error) {
	t.Helper()
	s := httpserver.New(options(change))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return receive(t, ended)
	})
	t.Cleanup(func() { _ = stop() })
	select {
	case <-s.Ready():
	case err := <-ended:
		t.Fatal(err)
	}
	return s, stop
}

// receive takes one value, or the zero value of a channel that is closed, and fails the test when it waits in vain.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Error("nothing came in time")
		return *new(T)
	}
}

// get asks the server on a connection of its own.
func get(t *testing.T, addr string) (status int, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		return 0, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, errors.Join(err, res.Body.Close())
}

// exchange sends bytes and returns all that comes back until the server hangs up.
func exchange(t *testing.T, addr, text string) string {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // Only read.
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// slow is a handler that tells of each request and answers when it may.
type slow struct{ asked, free chan struct{} }

func newSlow() *slow { return &slow{asked: make(chan struct{}, 1), free: make(chan struct{})} }

func (h *slow) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.asked <- struct{}{}
	<-h.free
	w.WriteHeader(http.StatusAccepted)
}

// answer is what a request came to.
type answer struct {
	status int
	err    error
}

// ask is get while the test goes on.
func ask(t *testing.T, addr string) <-chan answer {
	t.Helper()
	got := make(chan answer, 1)
	go func() {
		status, err := get(t, addr)
		got <- answer{status, err}
	}()
	return got
}

func TestItServesAndStops(t *testing.T) {
	t.Parallel()
	unready := httpserver.New(options(nil))
	select {
	case <-unready.Ready():
		t.Error("it is ready before Run")
	default:
	}
	if at := unready.Addr(); at != "" {
		t.Errorf("it is at %s before Run", at)
	}
	s, stop := run(t, nil)
	if _, port, err := net.SplitHostPort(s.Addr()); err != nil || port == "0" {
		t.Errorf("the address is %q", s.Addr())
	}
	if status, err := get(t, s.Addr()); err != nil || status != http.StatusNoContent {
		t.Errorf("answered %d, %v", status, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if status, err := get(t, s.Addr()); err == nil {
		t.Errorf("answered %d after the end", status)
	}
}

// A stop refuses new connections and waits for the request that is open.
func TestOpenRequestsEnd(t *testing.T) {
	t.Parallel()
	h, last := newSlow(), make(chan struct{})
	s, stop := run(t, func(o *httpserver.Options) {
		o.Handler = h
		o.Work = func(_ context.Context, ended <-chan struct{}) { <-ended; close(last) }
	})
	got := ask(t, s.Addr())
	receive(t, h.asked)
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for refused := false; !refused; { // it listens until the stop has got there
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
		if refused = err != nil; !refused {
			_ = conn.Close()
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("it ended with a request open: %v", err)
	case <-last:
		t.Fatal("the work was told of the end with a request open")
	default:
	}
	close(h.free)
	if a := receive(t, got); a.err != nil || a.status != http.StatusAccepted {
		t.Errorf("the open request was answered %d, %v", a.status, a.err)
	}
	receive(t, last)
	if err := receive(t, stopped); err != nil {
		t.Error(err)
	}
}

func TestWhoIsLateIsCutOff(t *testing.T) {
	t.Parallel()
	h := newSlow()
	s, stop := run(t, func(o *httpserver.Options) { o.Handler, o.DrainWithin = h, 20*time.Millisecond })
	got := ask(t, s.Addr())
	receive(t, h.asked)
	err := stop()
	if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "door: open requests did not end within 20ms: ") {
		t.Errorf("got %v", err)
	}
	if a := receive(t, got); a.err == nil {
		t.Errorf("answered %d after it was cut off", a.status)
	}
	close(h.free)
}

// Work has what is left of the time, and then gives up; Run waits for it.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	var said []string
	_, stop := run(t, func(o *httpserver.Options) {
		o.DrainWithin = 20 * time.Millisecond
		o.Work = func(ctx context.Context, ended <-chan struct{}) {
			<-ended
			if ctx.Err() == nil {
				said = append(said, "ended")
			}
			<-ctx.Done()
			said = append(said, "given up")
		}
	})
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := strings.Join(said, ", "); got != "ended, given up" && got != "given up" { // a busy machine takes 20 ms for nothing
		t.Errorf("the work said %q", got)
	}
}

func TestAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	s, _ := run(t, nil)
	again := httpserver.New(options(func(o *httpserver.Options) {
		o.Addr = s.Addr()
		o.Work = func(context.Context, <-chan struct{}) { t.Error("work began without a listener") }
	}))
	err := again.Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "door: listen on "+s.Addr()+": ") || !strings.HasSuffix(err.Error(), "; choose another address") {
		t.Errorf("got %v", err)
	}
	if again.Addr() != "" {
		t.Errorf("it says that it is at %s", again.Addr())
	}
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	small, _ := run(t, nil)
	hasty, _ := run(t, func(o *httpserver.Options) { o.ReadWithin = 50 * time.Millisecond })
	idle, _ := run(t, func(o *httpserver.Options) { o.IdleWithin = 50 * time.Millisecond })
	for name, c := range map[string]struct{ addr, text, want string }{
		"a header that is too large":   {small.Addr(), "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 9<<10) + "\r\n\r\n", "HTTP/1.1 431 "},
		"a header that does not end":   {hasty.Addr(), "GET / HTTP/1.1\r\nHost: x\r\n", ""},
		"a connection that is at rest": {idle.Addr(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 204 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := exchange(t, c.addr, c.text)
			if !strings.HasPrefix(got, c.want) || c.want == "" && strings.HasPrefix(got, "HTTP/1.1 2") {
				t.Errorf("answered %q, want %q", got, c.want)
			}
		})
	}
}

// What net/http says of connections is logged, at debug only.
func TestPeersDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer // read when the server has ended
	twice := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		w.WriteHeader(http.StatusOK)
	})
	s, stop := run(t, func(o *httpserver.Options) {
		o.Handler, o.Logger = twice, slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := get(t, s.Addr()); err != nil {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := logs.String(); !strings.Contains(got, "level=DEBUG") || !strings.Contains(got, "superfluous") || strings.Count(got, "level=") != 1 {
		t.Errorf("logged %q", got)
	}
}
