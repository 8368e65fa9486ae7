package ingest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rapport/services/ingest"
)

// run starts a service on a port of its own. The returned function stops it and gives
// the error of Run.
func run(t *testing.T, p ingest.Publisher, change func(*ingest.Options)) (*ingest.Service, func() error) {
	t.Helper()
	s := newService(t, p, func(o *ingest.Options) {
		o.Addr = "127.0.0.1:0"
		if change != nil {
			change(o)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return context.DeadlineExceeded
		}
	})
	t.Cleanup(func() { _ = stop() }) // a test that cares has looked at the error
	select {
	case <-s.Ready():
	case err := <-ended:
		t.Fatalf("ended at the start: %v", err)
	}
	return s, stop
}

// client has connections of its own, closed at the end.
func client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: time.Minute}
}

func trackOver(t *testing.T, c *http.Client, s *ingest.Service) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr()+"/v1/track",
		strings.NewReader(`{"messageId":"m1","userId":"c1","event":"Cart Viewed"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("secret", "")
	return c.Do(r)
}

// held is a Publisher that waits until it is let go.
type held struct {
	recording
	asked, free chan struct{}
}

func (h *held) PublishBatch(ctx context.Context, msgs []*nats.Msg) error {
	close(h.asked)
	<-h.free
	return h.recording.PublishBatch(ctx, msgs)
}

func TestStoppingAnswersOpenRequests(t *testing.T) {
	t.Parallel()
	p := &held{asked: make(chan struct{}), free: make(chan struct{})}
	s, stop := run(t, p, nil)
	status := make(chan int, 1)
	go func() {
		res, err := trackOver(t, client(t), s)
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		defer func() { _ = res.Body.Close() }()
		status <- res.StatusCode
	}()
	<-p.asked
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	// The listener is closed first; then the open request may end.
	for {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(p.free)
	if got := <-status; got != http.StatusOK {
		t.Errorf("the open request was answered %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := len(p.Events(t)); n != 1 {
		t.Errorf("%d events are stored, want 1", n)
	}
}

func TestStoppingIsBounded(t *testing.T) {
	t.Parallel()
	p := &held{asked: make(chan struct{}), free: make(chan struct{})}
	s, stop := run(t, p, func(o *ingest.Options) { o.DrainWithin = 50 * time.Millisecond })
	cut := make(chan error, 1)
	go func() {
		res, err := trackOver(t, client(t), s)
		if err == nil {
			err = fmt.Errorf("answered %d", res.StatusCode)
			_ = res.Body.Close()
		}
		cut <- err
	}()
	<-p.asked
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	if err := <-cut; strings.HasPrefix(err.Error(), "answered 2") {
		t.Errorf("a request that is not stored was %v", err)
	}
	close(p.free)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "did not end within 50ms") {
		t.Errorf("got %v", err)
	}
}

func TestSlowSendersAreCutOff(t *testing.T) {
	t.Parallel()
	s, _ := run(t, &recording{}, func(o *ingest.Options) { o.ReadWithin = 100 * time.Millisecond })
	for name, c := range map[string]struct{ text, want string }{
		"in the header": {"POST /v1/track HTTP/1.1\r\nHost: x\r\n", ""},
		"in the body":   {"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 408 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write([]byte(c.text)); err != nil {
				t.Fatal(err)
			}
			if got := readAll(t, conn); !strings.HasPrefix(got, c.want) {
				t.Errorf("answered %q, want %q", got, c.want)
			}
		})
	}
}

func TestAddressTaken(t *testing.T) {
	t.Parallel()
	s, _ := run(t, &recording{}, nil)
	again := newService(t, &recording{}, func(o *ingest.Options) { o.Addr = s.Addr() })
	if err := again.Run(t.Context()); err == nil || !strings.Contains(err.Error(), s.Addr()) {
		t.Errorf("got %v, want an error that names %s", err, s.Addr())
	}
}

func TestBodiesAreBoundedTogether(t *testing.T) {
	t.Parallel()
	h := newService(t, &recording{}, func(o *ingest.Options) { o.Limits.Reading = 100 }).Handler()
	body := `{"messageId":"m1","userId":"c1","event":"Cart Viewed","properties":{"x":"` + strings.Repeat("x", 100) + `"}}`
	a := post(t, h, "/v1/track", body)
	if p := refused(t, a, http.StatusServiceUnavailable); p.Type != "urn:rapport:problem:busy" || a.header.Get("Retry-After") == "" {
		t.Errorf("answered %s", a.body)
	}
	for range 3 { // what was read is given back
		if a := post(t, h, "/v1/track", `{"messageId":"m1","userId":"c1","event":"Cart Viewed"}`); a.status != http.StatusOK {
			t.Errorf("answered %d %s", a.status, a.body)
		}
	}
}
