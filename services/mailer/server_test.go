package mailer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/mail"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"rapport/pkg/message"
	"rapport/pkg/render"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait in these tests; none waits that long when the code is right.
const patience = 60 * time.Second

var decided = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// mailServer is a real SMTP server in this process. Its hooks answer in the place of the
// server, or break the connection.
type mailServer struct {
	addr string
	*smtp.Server

	mu       sync.Mutex
	got      []received
	conns    int
	onMail   func(*smtp.Conn) error
	onRcpt   func(*smtp.Conn, string) error
	onData   func(c *smtp.Conn, n int) error // after the content was read; n counts from 1
	nData    int
	password string // non-empty: AUTH is needed
}

// received is a mail that the server took.
type received struct {
	from, to string
	mime     []byte
}

// errBroken makes a hook break the connection instead of answering.
var errBroken = errors.New("broken")

// startServer listens until the test ends; prepare may set hooks and TLS.
func startServer(t testing.TB, prepare func(*mailServer)) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{addr: l.Addr().String()}
	s.Server = smtp.NewServer(s)
	s.Domain, s.AllowInsecureAuth = "mx.test", false
	s.ErrorLog = discard{}
	if prepare != nil {
		prepare(s)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-served })
	return s
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// NewSession implements smtp.Backend.
func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	return &session{server: s, conn: c}, nil
}

func (s *mailServer) mails() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

func (s *mailServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

type session struct {
	server *mailServer
	conn   *smtp.Conn
	mail   received
	authed bool
}

func (s *session) end(err error) error {
	if errors.Is(err, errBroken) {
		_ = s.conn.Conn().Close()
	}
	return err
}

func (s *session) AuthMechanisms() []string {
	if s.server.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != s.server.password {
			return smtp.ErrAuthFailed
		}
		s.authed = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.password != "" && !s.authed {
		return smtp.ErrAuthRequired
	}
	s.mail = received{from: from}
	if s.server.onMail != nil {
		return s.end(s.server.onMail(s.conn))
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = to
	if s.server.onRcpt != nil {
		return s.end(s.server.onRcpt(s.conn, to))
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.mime = bytes.Clone(b)
	s.server.mu.Lock()
	s.server.nData++
	n := s.server.nData
	s.server.mu.Unlock()
	if s.server.onData != nil {
		if err := s.server.onData(s.conn, n); err != nil {
			return s.end(err)
		}
	}
	s.server.mu.Lock()
	s.server.got = append(s.server.got, s.mail)
	s.server.mu.Unlock()
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func reply(code int, enhanced smtp.EnhancedCode, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
}

func command(id string, cat message.Category) *message.Command {
	return &message.Command{
		ID: id, Profile: "customer-17", Journey: "thank-you", Version: "v1", Instance: "i-" + id, Step: "mail",
		Channel: message.Email, Category: cat, Template: "thank-you", To: "customer-17@example.com", DecidedAt: decided,
	}
}

func greeting(context.Context, *message.Command) (render.Mail, error) {
	return render.Mail{
		Subject: "Thank you, Zoë — your order № 536365", FromName: "Blüm & Söhne", FromAddress: "shop@shop.test", ReplyTo: "care@shop.test",
		Text: "Dear Zoë,\n\n. a line that is a dot\n.\nTotal: £15.30\n", HTML: "<p>Dear Zoë,</p>\n<p>Total: <b>£15.30</b></p>\n",
	}, nil
}

// within is a context that ends with the test or with our patience.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// contextOf is a context that outlives the test's own, so that a service is stopped by
// the test and not by its end.
func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(context.WithoutCancel(t.Context()))
}

func headerOf(mime []byte, name string) string {
	m, err := mail.ReadMessage(bytes.NewReader(mime))
	if err != nil {
		return ""
	}
	return m.Header.Get(name)
}
