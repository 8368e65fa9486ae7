package postmaster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-smtp"
)

// ErrRefused is a mail that its mailbox will never take: what Forward returns for it wraps this.
var ErrRefused = errors.New("the mailbox refuses the mail")

// forward passes on what a person wrote, once for all its recipients, and reports whether it did. An unsubscription that
// was understood needs nobody; one whose person was not found does.
func (s *Service) forward(ctx context.Context, l *letter, shares []share) bool {
	if s.o.Forward == nil || !l.person {
		return false
	}
	if !s.o.LMTP && refused(shares) {
		return false // The mail comes again for all.
	}
	wanted := false
	for i := range shares {
		wanted = wanted || answer(shares[i].said) == nil && (l.wish == "" || len(shares[i].heard) == 0)
	}
	if !wanted {
		return false
	}
	// The one line more is what every server adds on the way (RFC 5321, section 4.4), and what ends a loop.
	stamp := fmt.Sprintf("Received: by %s with ESMTP; %s\r\n", s.o.Hostname, s.o.Now().UTC().Format(time.RFC1123Z))
	err := s.o.Forward(ctx, append([]byte(stamp), l.raw...))
	what := taken
	if err != nil {
		if what = boxGone; errors.Is(err, ErrRefused) {
			what = boxRefuses
		}
		s.told.warn(ctx, what, withoutWords(err))
		all(shares, what)
	}
	count(ctx, s.metrics.forwarded, what)
	return true
}

func refused(shares []share) bool {
	return slices.ContainsFunc(shares, func(one share) bool { return answer(one.said) != nil })
}

// withoutWords keeps what a mailbox's server says out of the log: it names addresses.
func withoutWords(err error) error {
	var said *smtp.SMTPError
	if errors.As(err, &said) {
		return fmt.Errorf("the mailbox's server answered %d", said.Code)
	}
	return err
}

// Forwarder passes mail on to one mailbox by SMTP, with an empty return path: what becomes of it there is answered to
// nobody, so that there is no loop.
type Forwarder struct {
	// Addr is the server's, such as mail.shop.example:25; To the mailbox.
	Addr, To string
	// Hostname is what it is greeted by; "localhost" when empty.
	Hostname string
	// TLSConfig, when set, is what the connection must be encrypted with (STARTTLS).
	TLSConfig *tls.Config
}

// Forward hands a mail over. Only a refusal of the mail itself is final: that the server does not want us, or does not know
// the mailbox, is for the operator to mend, while senders keep their mail.
func (f Forwarder) Forward(ctx context.Context, mail []byte) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", f.Addr)
	if err != nil {
		return fmt.Errorf("pass a mail on: %w", err)
	}
	defer func() { _ = conn.Close() }()
	// Whoever gives up closes the connection, whatever it waits for.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := f.hand(conn, mail); err != nil {
		return fmt.Errorf("pass a mail on: %w", err)
	}
	return nil
}

// hand does what Forward says, on a connection.
func (f Forwarder) hand(conn net.Conn, mail []byte) error {
	c, err := f.greet(conn)
	if err != nil {
		return err
	}
	if err := c.Mail("", nil); err != nil {
		return err
	}
	if err := c.Rcpt(f.To, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(mail); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		var said *smtp.SMTPError
		if errors.As(err, &said) && !said.Temporary() {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return err
	}
	_ = c.Quit() // It is theirs already.
	return nil
}

func (f Forwarder) greet(conn net.Conn) (*smtp.Client, error) {
	if f.TLSConfig != nil {
		config := f.TLSConfig.Clone()
		if host, _, err := net.SplitHostPort(f.Addr); err == nil && config.ServerName == "" {
			config.ServerName = host
		}
		return smtp.NewClientStartTLS(conn, config)
	}
	c := smtp.NewClient(conn)
	if f.Hostname == "" {
		return c, nil
	}
	return c, c.Hello(f.Hostname)
}
