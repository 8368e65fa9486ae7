package proxy_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rapport/services/rapport/chaos/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// echo answers every line with itself.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() //nolint:errcheck // It is an echo.
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func through(t *testing.T, upstream string) (*proxy.Proxy, net.Conn) {
	t.Helper()
	p, err := proxy.Listen("test", upstream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, dial(t, p)
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// refused expects that a new connection is reset, at once or when it is read from.
func refused(t *testing.T, p *proxy.Proxy) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return
	}
	defer c.Close() //nolint:errcheck // It is of no use any more.
	_ = c.SetDeadline(time.Now().Add(patience))
	if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d, %v from a connection that should be refused", n, err)
	}
}

// ask sends a line and returns the answer and how long it took.
func ask(t *testing.T, c net.Conn, line string) (string, time.Duration) {
	t.Helper()
	began := time.Now()
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		t.Fatal(err)
	}
	got, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return got, time.Since(began)
}

func TestBytesPassUnchanged(t *testing.T) {
	t.Parallel()
	_, c := through(t, echo(t))
	sent := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // 1 MiB: many chunks, both ways at once
	go func() {
		_, _ = c.Write(sent)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(sent), err)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	p, c := through(t, echo(t))
	p.Set(proxy.Link{Delay: 100 * time.Millisecond})
	if _, took := ask(t, c, "a"); took < 200*time.Millisecond {
		t.Errorf("answered after %s, want 100 ms in each direction", took)
	}
	p.Set(proxy.Link{})
	if got, _ := ask(t, c, "b"); got != "b\n" {
		t.Errorf("answered %q", got)
	}
}

// What is held goes on when it is over: TCP repeats what nobody acknowledged.
func TestHold(t *testing.T) {
	t.Parallel()
	p, c := through(t, echo(t))
	p.Set(proxy.Link{Hold: true})
	if _, err := io.WriteString(c, "held\n"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := c.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes passed a held link, %v", n, err)
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	p.Set(proxy.Link{})
	if got, err := bufio.NewReader(c).ReadString('\n'); err != nil || got != "held\n" {
		t.Errorf("then came %q, %v", got, err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	p, c := through(t, echo(t))
	ask(t, c, "a")
	p.Set(proxy.Link{Cut: true})
	if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d, %v from a connection that was cut", n, err)
	}
	refused(t, p)
	p.Set(proxy.Link{})
	if got, _ := ask(t, dial(t, p), "b"); got != "b\n" {
		t.Errorf("answered %q after the cut", got)
	}
}

func TestNobodyListensBehind(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	p, err := proxy.Listen("test", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	refused(t, p)
}
