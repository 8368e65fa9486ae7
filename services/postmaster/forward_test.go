package postmaster_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"rapport/pkg/event"
	"rapport/pkg/verp"
	"rapport/services/postmaster"
)

// mailbox is a mail server of the shop's.
type mailbox struct {
	mu      sync.Mutex
	from    []string
	to      []string
	mails   []string
	unknown error // what RCPT is answered
	err     error // what the mail is answered
}

func (m *mailbox) Mail(from string, _ *smtp.MailOptions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.from = append(m.from, from)
	return nil
}

func (m *mailbox) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.to = append(m.to, to)
	return m.unknown
}

func (m *mailbox) Reset()        {}
func (m *mailbox) Logout() error { return nil }

func (m *mailbox) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.mails = append(m.mails, string(raw))
	}
	return m.err
}

func (m *mailbox) answer(unknown, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unknown, m.err = unknown, err
}

// serve runs it and returns its address.
func (m *mailbox) serve(t testing.TB, config *tls.Config) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return m, nil }))
	srv.TLSConfig = config
	ended := make(chan struct{})
	go func() { defer close(ended); _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close(); <-ended })
	return ln.Addr().String()
}

// TestForward: what people write is in the mailbox, as it was, before it is accepted; what machines write is not.
func TestForward(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	for name, config := range map[string][2]*tls.Config{"in clear": {}, "encrypted": {serverTLS, clientTLS}} {
		t.Run(name, func(t *testing.T) {
			box := &mailbox{}
			r := &recording{}
			s := start(t, r, func(o *postmaster.Options) {
				o.Forward = postmaster.Forwarder{Addr: box.serve(t, config[0]), To: "info@shop.example", Hostname: "mx.shop.example", TLSConfig: config[1]}.Forward
			})
			mail := letter("f", "Re: We miss you", ".\r\nDo you have it in blue?", answering)
			s.want(t, 250, mail, address(t, verp.Reply, sent))
			s.want(t, 250, report("failed", "5.1.1", zoe, ""), address(t, verp.Reply, sent))
			s.want(t, 250, letter("a", "Automatic reply", "Away", "Auto-Submitted: auto-replied"), address(t, verp.Reply, sent))
			if len(box.mails) != 1 || len(r.Events(t)) != 3 {
				t.Fatalf("%d mails and %d events", len(box.mails), len(r.Events(t)))
			}
			stamp, rest, _ := strings.Cut(box.mails[0], "\r\n")
			if !strings.HasPrefix(stamp, "Received: by "+bounceDomain+" ") || rest != mail {
				t.Errorf("it was passed on as %q", box.mails[0])
			}
			if box.from[0] != "" || box.to[0] != "info@shop.example" {
				t.Errorf("from %q to %q", box.from[0], box.to[0])
			}
			s.wantCount(t, "postmaster.forwarded", "taken", 1)
		})
	}
}

// TestForwardFails: a mailbox that is away makes the sender come again, and one that refuses tells him so.
func TestForwardFails(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) {
		o.Forward = postmaster.Forwarder{Addr: box.serve(t, nil), To: "info@shop.example"}.Forward
	})
	mail, to := letter("f", "Re: We miss you", "Do you have it in blue?", answering), address(t, verp.Reply, sent)
	box.answer(nil, &smtp.SMTPError{Code: 452, Message: "full"})
	s.want(t, 451, mail, to)
	box.answer(&smtp.SMTPError{Code: 550, Message: "no such mailbox"}, nil)
	s.want(t, 451, mail, to)
	box.answer(nil, &smtp.SMTPError{Code: 550, Message: "spam"})
	s.want(t, 554, mail, to)
	box.answer(nil, nil)
	s.want(t, 250, mail, to)
	if e, _ := only(t, r.Events(t)); e.Type != event.EmailReplied || len(box.mails) != 1 {
		t.Errorf("event %s, %d mails", e.Type, len(box.mails))
	}
	s.wantCount(t, "postmaster.forwarded", "box_gone", 2)
	s.wantCount(t, "postmaster.forwarded", "box_refuses", 1)
	away := start(t, r, func(o *postmaster.Options) {
		o.Forward = postmaster.Forwarder{Addr: "127.0.0.1:1", To: "info@shop.example"}.Forward
	})
	away.want(t, 451, mail, to)
}

// TestUnmatched: what belongs to nobody is accepted and handed over; what people write is passed on all the same.
func TestUnmatched(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var kept, passed []string
	keep := func(list *[]string, err error) func(context.Context, []byte) error {
		return func(_ context.Context, mail []byte) error {
			mu.Lock()
			defer mu.Unlock()
			*list = append(*list, string(mail))
			return err
		}
	}
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) {
		o.Unmatched, o.Forward = keep(&kept, errors.New("disk full")), keep(&passed, nil)
	})
	unknown := sent
	unknown.Partition = 8
	s.want(t, 250, report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, unknown))
	s.want(t, 250, letter("m", "Hello", "Hi"), "abuse@"+replyDomain)
	s.want(t, 250, letter("u", "unsubscribe", ""), address(t, verp.Reply, unknown)) // A person has to look after this one.
	s.want(t, 250, "no header at all", address(t, verp.Bounce, sent))
	if len(kept) != 2 || len(passed) != 2 || len(r.Events(t)) != 0 {
		t.Errorf("%d kept, %d passed on, %d events", len(kept), len(passed), len(r.Events(t)))
	}
	s.wantCount(t, "postmaster.mails", "unmatched", 3)
	s.wantCount(t, "postmaster.mails", "unreadable", 1)
}

// TestSTARTTLS: senders may encrypt when there is a certificate.
func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	r := &recording{}
	s := start(t, r, func(o *postmaster.Options) { o.TLSConfig = serverTLS })
	c, err := smtp.NewClientStartTLS(s.dial(t), clientTLS)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := deliver(c, report("failed", "5.1.1", zoe, ""), address(t, verp.Bounce, sent)); err != nil {
		t.Fatal(err)
	}
	if state, ok := c.TLSConnectionState(); !ok || state.Version < tls.VersionTLS12 {
		t.Error("the connection is not encrypted")
	}
	only(t, r.Events(t))
	in := start(t, r, nil).client(t)
	defer func() { _ = in.Close() }()
	if offered, _ := in.Extension("STARTTLS"); offered {
		t.Error("STARTTLS is offered without a certificate")
	}
}

// certificate is one for 127.0.0.1 and who trusts it.
func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{bounceDomain},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	server = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return server, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: "127.0.0.1"}
}
