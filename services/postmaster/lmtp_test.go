package postmaster_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/emersion/go-smtp"

	"rapport/pkg/feedback"
	"rapport/pkg/message"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// TestLMTP: over a socket of this machine, each recipient has an answer of its own, also one that is named twice.
func TestLMTP(t *testing.T) {
	t.Parallel()
	path := socket(t)
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) {
		o.Network, o.Addr, o.LMTP = "unix", path, true
		o.Find = func(ctx context.Context, ref message.Ref) (feedback.Origin, error) {
			if ref == other {
				return feedback.Origin{}, errors.New("gone")
			}
			return find(ctx, ref)
		}
	})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	mine, others := address(t, verp.Reply, sent), address(t, verp.Reply, other)
	c := s.client(t)
	defer func() { _ = c.Close() }()
	if err := c.Mail("zoe@home.example", nil); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{mine, others, mine} {
		if err := c.Rcpt(to, nil); err != nil {
			t.Fatal(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(letter("l", "Re: We miss you", "Thank you", answering))); err != nil {
		t.Fatal(err)
	}
	said, err := w.CloseWithLMTPResponse()
	var refused smtp.LMTPDataError
	if !errors.As(err, &refused) || len(refused) != 1 || refused[others].Code != 451 || said[mine] == nil {
		t.Errorf("answered %v, %v", said, err)
	}
	only(t, r.Events(t))
	s.stop()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// TestStaleSocket: what a killed process left behind is in nobody's way, and a living one is not pushed aside.
func TestStaleSocket(t *testing.T) {
	t.Parallel()
	path := socket(t)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	unix := func(o *postmaster.Options) { o.Network, o.Addr = "unix", path }
	o := postmaster.Options{Domains: []string{bounceDomain}, Keys: keysOf(t, secret), Publisher: &recording{}, Find: find}
	unix(&o)
	second, err := postmaster.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context()); err == nil {
		t.Error("two listen on one socket")
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, &recording{}, unix)
	s.want(t, 250, report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, sent))
}

// socket is a path for one.
func socket(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "in.sock")
}
