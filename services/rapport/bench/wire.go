package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// wire posts requests that were written down a moment before. At one request an event the usual client takes a fifth
// of two processors, of which the engine that is measured would then have to do without.
type wire struct {
	addr  string
	slots chan struct{} // one for each request that may be under way

	mu   sync.Mutex
	free []*caller // the one used last is used next
}

// caller is one connection.
type caller struct {
	net.Conn
	in *bufio.Reader
}

func newWire(target string, requests int) (*wire, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("the address of the door: %w", err)
	}
	return &wire{addr: u.Host, slots: make(chan struct{}, requests)}, nil
}

// written is a request as it goes over the wire.
func written(ctx context.Context, target string, body []byte) ([]byte, error) {
	req, err := request(ctx, target, body)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		return nil, fmt.Errorf("write a request down: %w", err)
	}
	return b.Bytes(), nil
}

// post sends a request and reads the answer.
func (w *wire) post(ctx context.Context, request []byte) (int, []byte, error) {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return 0, nil, context.Cause(ctx)
	}
	defer func() { <-w.slots }()
	l, err := w.take(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("post: %w", err)
	}
	status, answer, err := l.exchange(request)
	if err != nil {
		return 0, nil, errors.Join(fmt.Errorf("post: %w", err), l.Close())
	}
	w.mu.Lock()
	w.free = append(w.free, l)
	w.mu.Unlock()
	return status, answer, nil
}

func (w *wire) take(ctx context.Context) (*caller, error) {
	w.mu.Lock()
	if n := len(w.free) - 1; n >= 0 {
		l := w.free[n]
		w.free = w.free[:n]
		w.mu.Unlock()
		return l, nil
	}
	w.mu.Unlock()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", w.addr)
	if err != nil {
		return nil, err
	}
	return &caller{Conn: c, in: bufio.NewReader(c)}, nil
}

func (l *caller) exchange(request []byte) (int, []byte, error) {
	if err := l.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, nil, err
	}
	if _, err := l.Write(request); err != nil {
		return 0, nil, err
	}
	resp, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.Close {
		err = errors.New("the door closes its connections")
	}
	return resp.StatusCode, answer, err
}

// close closes the connections, none of which may be in use.
func (w *wire) close() error {
	var errs []error
	for _, l := range w.free {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
