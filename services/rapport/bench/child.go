package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// child is a real `rapport up` in a process of its own.
type child struct {
	cmd   *exec.Cmd
	url   string
	ops   string
	ready time.Duration // from the start to the first time that it said it was ready
	gone  chan struct{}

	mu   sync.Mutex
	errs strings.Builder // the last of what it complained about
}

// startUp starts `rapport up` on a place and returns when it is ready: when it says so, and
// its /readyz, which speaks of all services, answers 200.
func (b *bench) startUp(ctx context.Context, p place, m *mails) (*child, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	ops, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	args := append(append([]string{}, b.o.Up[1:]...), "--data", p.dir, "--workspace", b.shop, "--http", addr, "--ops", ops, "--nats", "",
		"--catcher-http", "127.0.0.1:0", "--catcher-smtp", "127.0.0.1:0", "--portal", "127.0.0.1:0", "--listener", "127.0.0.1:0", "--smtp", m.addr, "--smtp-tls", "none")
	args = append(args, upFlags(p)...)
	if b.o.ProfileDir != "" {
		args = append(args, "--ops-profile")
	}
	cmd := exec.Command(b.o.Up[0], args...) //nolint:noctx // It is stopped as an operator stops it.
	c := &child{url: "http://" + addr, ops: "http://" + ops, gone: make(chan struct{}), cmd: cmd}
	c.cmd.Env = append(os.Environ(), "RAPPORT_WRITE_KEYS=bench:"+writeKey)
	c.cmd.Stderr = complaints{c}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start rapport up: %w", err)
	}
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start rapport up: %w", err)
	}
	said := make(chan struct{})
	go func() {
		defer close(c.gone)
		var once sync.Once
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), "Ctrl-C stops") {
				once.Do(func() { close(said) })
			}
		}
		_ = c.cmd.Wait() // Why it ended is in what it complained about.
	}()
	if err := c.await(ctx, said); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	c.ready = time.Since(began)
	return c, nil
}

// upWithin bounds a start: a broker that was killed looks through its streams first.
const upWithin = 2 * time.Minute

func (c *child) await(ctx context.Context, said <-chan struct{}) error {
	over := time.NewTimer(upWithin)
	defer over.Stop()
	select {
	case <-said:
	case <-c.gone:
		return fmt.Errorf("rapport up has ended: %s", c.complained())
	case <-over.C:
		return fmt.Errorf("rapport up was not ready after %s: %s", upWithin, c.complained())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ops+"/readyz", http.NoBody)
		if err != nil {
			return fmt.Errorf("ask whether it is ready: %w", err)
		}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-c.gone:
			return fmt.Errorf("rapport up has ended: %s", c.complained())
		case <-over.C:
			return fmt.Errorf("rapport up says that it is not ready after %s: %s", upWithin, c.complained())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// heap keeps a profile of what the process has allocated.
func (c *child) heap(ctx context.Context, path string) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ops+"/debug/pprof/heap", http.NoBody)
	if err != nil {
		return fmt.Errorf("keep a heap profile: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("keep a heap profile: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // It has been read.
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("keep a heap profile: rapport up answers %s", resp.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep a heap profile: %w", err)
	}
	_, err = io.Copy(f, resp.Body)
	return errors.Join(err, f.Close())
}

// stop is Ctrl-C, and the end when that takes too long.
func (c *child) stop() error {
	_ = c.cmd.Process.Signal(os.Interrupt) // It may have ended.
	select {
	case <-c.gone:
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("rapport up did not stop within 30 s"), c.kill())
	}
}

func (c *child) kill() error {
	err := c.cmd.Process.Kill()
	<-c.gone
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (c *child) complained() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSpace(c.errs.String())
}

// complaints keep the beginning of standard error.
type complaints struct{ c *child }

// Write implements io.Writer.
func (w complaints) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if room := 4096 - w.c.errs.Len(); room > 0 {
		w.c.errs.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// freeAddr is an address of the loopback interface that nobody listens on at the moment.
func freeAddr(ctx context.Context) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return ln.Addr().String(), ln.Close()
}
