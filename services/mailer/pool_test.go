package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"rapport/pkg/delivery"
	"rapport/pkg/message"
)

// newPool makes a pool on a server with defaults; change may alter its options.
func newPool(t testing.TB, s *mailServer, change func(*SMTP)) *pool {
	t.Helper()
	o := SMTP{Addr: s.addr, TLS: NoTLS, Timeout: patience, AnswerTimeout: patience}
	if change != nil {
		change(&o)
	}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	p := &pool{server: o}
	t.Cleanup(p.close)
	return p
}

func aLetter(t testing.TB, id string) *letter {
	t.Helper()
	m, err := greeting(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := compose(command(id, message.Marketing), m, Identity{}, "", decided)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestFaults is the table of what a server can do to one mail.
func TestFaults(t *testing.T) {
	t.Parallel()
	broken := func(*smtp.Conn) error { return errBroken }
	for name, tc := range map[string]struct {
		prepare func(*mailServer)
		want    error // of the same kind as the fault must be
	}{
		"451 at MAIL": {func(s *mailServer) {
			s.onMail = func(*smtp.Conn) error { return reply(451, smtp.EnhancedCode{4, 3, 0}, "later") }
		}, transient},
		"530 at MAIL": {func(s *mailServer) {
			s.onMail = func(*smtp.Conn) error { return reply(530, smtp.EnhancedCode{5, 7, 0}, "who are you") }
		}, unavailable},
		"552 at MAIL": {func(s *mailServer) {
			s.onMail = func(*smtp.Conn) error { return reply(552, smtp.EnhancedCode{5, 3, 4}, "too big") }
		}, rejected},
		"421 at RCPT":  {rcpt(421, smtp.EnhancedCode{4, 3, 2}), unavailable},
		"450 at RCPT":  {rcpt(450, smtp.EnhancedCode{4, 2, 0}), transient},
		"550 5.1.1":    {rcpt(550, smtp.EnhancedCode{5, 1, 1}), invalid},
		"550 bare":     {rcpt(550, smtp.NoEnhancedCode), invalid},
		"550 5.7.1":    {rcpt(550, smtp.EnhancedCode{5, 7, 1}), blocked},
		"550 5.2.1":    {rcpt(550, smtp.EnhancedCode{5, 2, 1}), invalid},
		"552 5.2.2":    {rcpt(552, smtp.EnhancedCode{5, 2, 2}), putOff},
		"550 5.1.8":    {rcpt(550, smtp.EnhancedCode{5, 1, 8}), blocked},
		"451 at dot":   {data(func(*smtp.Conn, int) error { return reply(451, smtp.EnhancedCode{4, 3, 0}, "later") }), transient},
		"554 at dot":   {data(func(*smtp.Conn, int) error { return reply(554, smtp.EnhancedCode{5, 6, 0}, "spam") }), rejected},
		"550 at dot":   {data(func(*smtp.Conn, int) error { return reply(550, smtp.NoEnhancedCode, "spam") }), blocked},
		"gone at MAIL": {func(s *mailServer) { s.onMail = broken }, unavailable},
		"gone at RCPT": {func(s *mailServer) { s.onRcpt = func(c *smtp.Conn, _ string) error { return broken(c) } }, transient},
		"gone at dot":  {data(func(*smtp.Conn, int) error { return errBroken }), unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, tc.prepare)
			_, err := newPool(t, s, nil).send(within(t), aLetter(t, "m1"))
			if !sameKind(err, tc.want) {
				t.Errorf("error %#v (%v), want the kind of %#v", err, err, tc.want)
			}
			if len(s.mails()) != 0 {
				t.Error("the server took the mail")
			}
		})
	}
}

var (
	transient   = delivery.Transient(errors.New(""))
	unavailable = delivery.Unavailable(errors.New(""))
	blocked     = delivery.Blocked("")
	putOff      = delivery.Later(errors.New(""))
	unknown     = delivery.Unknown(errors.New(""))
	rejected    = delivery.Permanent(message.ReasonRejected, "")
	invalid     = delivery.Permanent(message.ReasonInvalidAddress, "")
)

func sameKind(got, want error) bool { return delivery.SameKind(got, want) }

func rcpt(code int, enhanced smtp.EnhancedCode) func(*mailServer) {
	return func(s *mailServer) {
		s.onRcpt = func(*smtp.Conn, string) error { return reply(code, enhanced, "no") }
	}
}

func data(hook func(*smtp.Conn, int) error) func(*mailServer) {
	return func(s *mailServer) { s.onData = hook }
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := newPool(t, s, nil).send(within(t), aLetter(t, "m1")); !sameKind(err, unavailable) {
		t.Errorf("error %v, want unavailable", err)
	}
}

// TestSilentServer: a server that takes the message and never answers. The message is in
// doubt when time is up, and when the caller gives up.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		at   string
		want error
	}{"after the message": {"data", unknown}, "before it": {"mail", unavailable}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reached, stop := make(chan struct{}), make(chan struct{})
			hang := func() error { close(reached); <-stop; return errBroken }
			s := startServer(t, func(s *mailServer) {
				if tc.at == "data" {
					s.onData = func(*smtp.Conn, int) error { return hang() }
				} else {
					s.onMail = func(*smtp.Conn) error { return hang() }
				}
			})
			t.Cleanup(func() { close(stop) })
			ctx, cancel := context.WithCancel(within(t))
			go func() { <-reached; cancel() }()
			if _, err := newPool(t, s, nil).send(ctx, aLetter(t, "m1")); !sameKind(err, tc.want) {
				t.Errorf("error %v, want the kind of %#v", err, tc.want)
			}
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	s := startServer(t, func(s *mailServer) {
		s.onRcpt = func(_ *smtp.Conn, to string) error {
			if strings.HasPrefix(to, "nobody") {
				return reply(550, smtp.EnhancedCode{5, 1, 1}, "no")
			}
			return nil
		}
	})
	p := newPool(t, s, func(o *SMTP) { o.MessagesEach = 10 })
	for i := range 20 {
		l := aLetter(t, strconv.Itoa(i))
		if i%3 == 0 {
			l.to = "nobody@example.com" // a refusal costs no connection
		}
		if _, err := p.send(within(t), l); (err != nil) != (i%3 == 0) {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
	if n := s.connections(); n != 2 {
		t.Errorf("20 mails took %d connections, want 2 of 10 mails each", n)
	}
	if n := len(s.mails()); n != 13 {
		t.Errorf("%d mails arrived, want 13", n)
	}
}

// TestStaleConnection: the server closed a kept connection meanwhile, with and without a
// word. The mail goes out on a new one as if nothing had been.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	for name, goodbye := range map[string]string{"silently": "", "with 421": "421 4.4.2 idle for too long\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var conns []*smtp.Conn
			s := startServer(t, func(s *mailServer) {
				s.onMail = func(c *smtp.Conn) error {
					mu.Lock()
					defer mu.Unlock()
					conns = append(conns, c)
					return nil
				}
			})
			p := newPool(t, s, nil)
			if _, err := p.send(within(t), aLetter(t, "m1")); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			if _, err := conns[0].Conn().Write([]byte(goodbye)); err != nil {
				t.Fatal(err)
			}
			if err := conns[0].Conn().Close(); err != nil {
				t.Fatal(err)
			}
			mu.Unlock()
			if _, err := p.send(within(t), aLetter(t, "m2")); err != nil {
				t.Errorf("send after the server closed the kept connection: %v", err)
			}
			if got := s.mails(); len(got) != 2 {
				t.Errorf("%d mails arrived, want 2", len(got))
			}
		})
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	s := startServer(t, nil)
	p := newPool(t, s, func(o *SMTP) { o.IdleTimeout = time.Millisecond })
	if _, err := p.send(within(t), aLetter(t, "m1")); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(gone)
		for {
			p.mu.Lock()
			n := len(p.idle)
			p.mu.Unlock()
			if n == 0 || t.Context().Err() != nil {
				return
			}
			<-time.After(time.Millisecond)
		}
	}()
	select {
	case <-gone:
	case <-within(t).Done():
		t.Error("an unused connection is still kept")
	}
}

// certificates makes a server's TLS configuration and the client's that trusts it.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

func TestTLSAndAuth(t *testing.T) {
	t.Parallel()
	server, client := certificates(t)
	for name, tc := range map[string]struct {
		offered  bool
		policy   TLS
		config   *tls.Config
		password string
		want     error
	}{
		"STARTTLS and the password":        {true, Mandatory, client, "s3cret", nil},
		"opportunistic, offered":           {true, Opportunistic, client, "s3cret", nil},
		"mandatory, not offered":           {false, Mandatory, client, "s3cret", unavailable},
		"a certificate that nobody trusts": {true, Mandatory, nil, "s3cret", unavailable},
		"a wrong password":                 {true, Mandatory, client, "wrong", unavailable},
		"no AUTH without TLS":              {true, NoTLS, client, "s3cret", unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, func(s *mailServer) {
				s.password = "s3cret"
				if tc.offered {
					s.TLSConfig = server
				}
			})
			_, err := newPool(t, s, func(o *SMTP) {
				o.TLS, o.TLSConfig, o.Username, o.Password = tc.policy, tc.config, "rapport", tc.password
			}).send(within(t), aLetter(t, "m1"))
			if tc.want == nil && err != nil || tc.want != nil && !sameKind(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), tc.password) {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	server, client := certificates(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, func(s *mailServer) { s.password, s.AllowInsecureAuth = "s3cret", true })
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = l.Close(); <-served })
	s.addr = l.Addr().String()
	_, err = newPool(t, s, func(o *SMTP) {
		o.TLS, o.TLSConfig, o.Username, o.Password = Implicit, client, "rapport", "s3cret"
	}).send(within(t), aLetter(t, "m1"))
	if err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		smtp SMTP
		want string
	}{
		"no port":        {SMTP{Addr: "mail.test"}, "SMTP.Addr"},
		"unknown policy": {SMTP{Addr: "mail.test:25", TLS: "maybe"}, "SMTP.TLS"},
		"negative":       {SMTP{Addr: "mail.test:25", Connections: -1}, "SMTP.Connections"},
	} {
		if err := tc.smtp.complete(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one that names %s", name, err, tc.want)
		}
	}
}
