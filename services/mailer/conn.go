package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// conn is one SMTP connection, used by one message at a time.
type conn struct {
	server *SMTP
	raw    net.Conn // below TLS: deadlines set here also end a call that is under way
	smtp   *smtp.Client
	sent   int       // messages tried on it
	since  time.Time // when it was last used
	cut    bool      // it is not to be used again: a context has ended its deadlines, perhaps even the next one's, or the server waits for what does not come
}

// dial connects, negotiates TLS and authenticates, all within the server's Timeout.
func dial(ctx context.Context, s *SMTP) (*conn, error) {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port %q is not a number", port)
	}
	c := &conn{server: s}
	opts := []gomail.Option{
		gomail.WithPort(n), gomail.WithTimeout(s.Timeout), gomail.WithTLSConfig(s.TLSConfig), gomail.WithTLSPolicy(s.startTLS()),
		gomail.WithDialContextFunc(c.connect),
	}
	if s.Hello != "" {
		opts = append(opts, gomail.WithHELO(s.Hello))
	}
	if s.Username != "" {
		opts = append(opts, gomail.WithUsername(s.Username), gomail.WithPassword(s.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(host, opts...)
	if err != nil {
		return nil, err
	}
	c.smtp, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if c.raw != nil {
			_ = c.raw.Close() // go-mail leaves it open; the dial's error is the one that matters
		}
		return nil, err
	}
	return c, nil
}

// connect opens the TCP connection, with TLS from the first byte where that is the policy.
func (c *conn) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c.raw = raw
	if c.server.TLS != Implicit {
		return raw, nil
	}
	t := tls.Client(raw, c.server.TLSConfig)
	return t, t.HandshakeContext(ctx)
}

// startTLS is the policy in go-mail's words.
func (s *SMTP) startTLS() gomail.TLSPolicy {
	switch s.TLS {
	case Mandatory:
		return gomail.TLSMandatory
	case Opportunistic:
		return gomail.TLSOpportunistic
	}
	return gomail.NoTLS
}

// allow gives the next commands d to finish, or nothing when ctx has ended meanwhile.
func (c *conn) allow(ctx context.Context, d time.Duration) {
	_ = c.raw.SetDeadline(time.Now().Add(d)) // fails only on a closed connection, as the next command will
	if ctx.Err() != nil {
		_ = c.raw.SetDeadline(time.Unix(1, 0))
	}
}

// healthy reports whether a connection may be used after err: it was not cut off, and if
// the message failed the server answered, the answer was not that it is closing (421), and
// it takes a RSET. After a success the server has reset by itself (RFC 5321, 4.1.1.4).
func (c *conn) healthy(ctx context.Context, err error) bool {
	if c.cut || err == nil {
		return !c.cut
	}
	if code := replyCode(err); code == 0 || code == 421 {
		return false
	}
	c.allow(ctx, c.server.Timeout)
	return c.smtp.Reset() == nil
}

// quitTimeout is how long a server may take to say goodbye.
const quitTimeout = time.Second

func (c *conn) quit() {
	_ = c.raw.SetDeadline(time.Now().Add(quitTimeout))
	if c.smtp.Quit() != nil {
		c.kill()
	}
}

func (c *conn) kill() { _ = c.raw.Close() }

// replyCode is the server's reply code in err, or 0 when it did not answer.
func replyCode(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

// How servers name the id under which they took a message: "2.0.0 Ok: queued as 4F2B",
// "OK id=1tKx-0003", or the bare id after "OK" as the large providers' gateways do.
var (
	queuedAs = regexp.MustCompile(`(?i)(?:queued as|\bid=) ?<?([A-Za-z0-9][\w.\-]{3,63})`)
	okID     = regexp.MustCompile(`(?i)^(?:2\.\d\.\d +)?ok:? +<?([A-Za-z0-9][\w.\-]{7,63})`)
)

// queueID finds the server's id in its answer to a message; empty when it gives none.
func queueID(answer string) string {
	for _, re := range []*regexp.Regexp{queuedAs, okID} {
		if m := re.FindStringSubmatch(answer); m != nil {
			return m[1]
		}
	}
	return ""
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
