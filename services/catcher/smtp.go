package catcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"
)

// maxReceiving bounds the bytes of all mails being received at one moment. Beyond it the answer is 452, which says to come
// again, so that many large mails at once cannot fill the memory.
const maxReceiving = 128 << 20

// mailServer accepts mail.
type mailServer struct {
	server    *smtp.Server
	listener  net.Listener
	writer    *writer
	log       *slog.Logger
	slow      time.Duration
	receiving atomic.Int64 // bytes

	mu       sync.Mutex
	busy     int           // mails being received or answered
	stopping chan struct{} // closed at the stop
	idle     chan struct{} // closed when stopping and nothing is busy any more
}

func newMailServer(o Options, l net.Listener, w *writer) *mailServer {
	m := &mailServer{
		listener: netutil.LimitListener(l, maxConnections), writer: w, log: o.Logger, slow: o.SlowAnswer,
		stopping: make(chan struct{}), idle: make(chan struct{}),
	}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: m, conn: c.Conn()}, nil
	}))
	s.Domain = o.Domain
	s.MaxMessageBytes = o.MaxMessageBytes
	s.MaxRecipients = o.MaxRecipients
	s.AllowInsecureAuth = true
	s.EnableSMTPUTF8 = true
	s.EnableBINARYMIME = true
	s.ReadTimeout = 5 * time.Minute // RFC 5321, section 4.5.3.2: how long a server waits for the next command
	s.WriteTimeout = 30 * time.Second
	s.ErrorLog = slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug)
	m.server = s
	return m
}

// serve answers until stop, which may come before it, and returns nil then.
func (m *mailServer) serve() error {
	if err := m.server.Serve(m.listener); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("catcher: mail server: %w", err)
	}
	return nil
}

// stop takes no more connections and no more mails, waits for those being received, and closes what is open. The
// server's own Shutdown waits for idle connections too, and these may be kept open for ever by a sender that pools them.
func (m *mailServer) stop(ctx context.Context) {
	m.mu.Lock()
	close(m.stopping)
	if m.busy == 0 {
		close(m.idle)
	}
	m.mu.Unlock()
	_ = m.listener.Close() // Serve says so.
	select {
	case <-m.idle:
	case <-ctx.Done():
		m.log.Warn("mails were cut off at the stop")
	}
	_ = m.server.Close() // The listener is closed already, which is all it can complain about.
}

// begin counts a mail as being received, unless the server is stopping.
func (m *mailServer) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.stopping:
		return false
	default:
		m.busy++
		return true
	}
}

func (m *mailServer) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy--
	select {
	case <-m.stopping:
		if m.busy == 0 {
			close(m.idle)
		}
	default:
	}
}

// session is one SMTP connection. The server calls its methods one after the other, except Logout.
type session struct {
	server *mailServer
	conn   net.Conn
	from   string
	to     []string
	fault  fault

	mu   sync.Mutex
	busy bool // from DATA until its answer is written
}

// AuthMechanisms is part of smtp.AuthSession.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth accepts every user, so that a sender's configuration works unchanged.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
}

// Mail is part of smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt is part of smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	f := faultOf(to)
	if err := f.refusal(); err != nil {
		return err
	}
	if f != none {
		s.fault = f
	}
	s.to = append(s.to, to)
	return nil
}

// Data stores the mail and returns when that is committed.
func (s *session) Data(r io.Reader) error {
	if !s.setBusy() {
		return smtpError(421, smtp.EnhancedCode{4, 3, 2}, "The catcher is stopping, come again later")
	}
	limited := &receiver{r: r, total: &s.server.receiving}
	defer limited.release()
	raw, err := io.ReadAll(limited)
	if err != nil {
		return err
	}
	m := readHeader(raw)
	m.ReceivedAt, m.To, m.Size = time.Now(), s.to, len(raw)
	if m.From == "" {
		m.From = s.from
	}
	if err := s.server.writer.insert(&m, raw); err != nil {
		if !errors.Is(err, errClosing) {
			s.server.log.Error("a mail could not be stored", "error", err)
		}
		return smtpError(451, smtp.EnhancedCode{4, 3, 0}, "The message could not be stored, try again later")
	}
	return s.fault.afterwards(s)
}

func (s *session) setBusy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = s.server.begin()
	return s.busy
}

// Reset is called when the answer to a mail has been written, among other times.
func (s *session) Reset() {
	s.from, s.to, s.fault = "", nil, none
	s.release()
}

// Logout is called when the connection ends.
func (s *session) Logout() error {
	s.release()
	return nil
}

func (s *session) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		s.busy = false
		s.server.end()
	}
}

// receiver counts what is read against the bound of all mails.
type receiver struct {
	r     io.Reader
	total *atomic.Int64
	mine  int64
}

func (r *receiver) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.mine += int64(n)
	if r.total.Add(int64(n)) > maxReceiving {
		return n, smtpError(452, smtp.EnhancedCode{4, 3, 1}, "Too much mail is being received at this moment, try again later")
	}
	return n, err
}

func (r *receiver) release() { r.total.Add(-r.mine) }
